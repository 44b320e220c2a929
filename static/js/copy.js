// Copy buttons: each copies the <code> element beside it.
import {find} from './page.js';
const SAID_FOR = 2000; // milliseconds

function say(button, label, announcement) {
  button.textContent = label;
  find('#said').textContent = announcement; // for screen readers
}

export function start() {
  document.addEventListener('click', async ({target: button}) => {
    if (!button.matches('[data-copy]')) return;
    const code = button.parentElement.querySelector('code');
    getSelection().selectAllChildren(code);
    // Over plain HTTP there is no clipboard API, only the old command, which copies the selection.
    await (navigator.clipboard?.writeText(code.textContent) ?? document.execCommand('copy'));
    say(button, 'Copied', 'Copied');
    setTimeout(() => say(button, 'Copy', ''), SAID_FOR);
  });
}

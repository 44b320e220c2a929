// Copy buttons copy the <code> beside them.
import {find} from './page.js';
const SAID_FOR = 2000; // milliseconds

function say(button, label, announcement) {
  button.textContent = label;
  find('#said').textContent = announcement; // for those who do not see the button
}

export function start() {
  document.addEventListener('click', async ({target: button}) => {
    if (!button.matches('[data-copy]')) return;
    const code = button.parentElement.querySelector('code');
    getSelection().selectAllChildren(code);
    // Plain http has no clipboard, only the old command, which works on a selection.
    await (navigator.clipboard?.writeText(code.textContent) ?? document.execCommand('copy'));
    say(button, 'Copied', 'Copied');
    setTimeout(() => say(button, 'Copy', ''), SAID_FOR);
  });
}

// Copy buttons copy the <code> beside them.
import {find} from './page.js';

const SAID_FOR = 2000; // milliseconds

async function copy(code) {
  getSelection().selectAllChildren(code);
  // Plain http has no clipboard, only the old command, which works on a selection.
  if (navigator.clipboard) await navigator.clipboard.writeText(code.textContent);
  else document.execCommand('copy');
}

function say(button, label, announcement) {
  button.textContent = label;
  find('#said').textContent = announcement; // for those who do not see the button
}

export function start() {
  document.addEventListener('click', async ({target: button}) => {
    if (!button.matches('[data-copy]')) return;
    await copy(button.parentElement.querySelector('code'));
    say(button, 'Copied', 'Copied');
    setTimeout(() => say(button, 'Copy', ''), SAID_FOR);
  });
}

// Copying: buttons that copy the <code> element beside them.
import {find} from './page.js';
const SAID_FOR = 2000; // milliseconds
let silence;

// Says something for a moment, on the screen and to screen readers.
export function tell(text, look = 'toast') {
  const said = find('#said');
  said.textContent = text;
  said.className = look;
  clearTimeout(silence);
  silence = setTimeout(() => {
    said.textContent = '';
    said.className = 'unseen';
  }, SAID_FOR * (look === 'toast' ? 2 : 1));
}

// Over plain HTTP there is no clipboard API, only the old command, which copies a selection.
export async function copy(text, shown) {
  if (await navigator.clipboard?.writeText(text).then(() => true, () => false)) return true;
  const put = event => {
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
  };
  getSelection().selectAllChildren(shown);
  document.addEventListener('copy', put, {once: true});
  const copied = document.execCommand('copy');
  document.removeEventListener('copy', put);
  getSelection().removeAllRanges();
  return copied;
}

async function press({target: button}) {
  if (!button.matches('[data-copy]')) return;
  const code = button.closest('p, .line').querySelector('code');
  await copy(code.textContent, code);
  getSelection().selectAllChildren(code);
  button.textContent = 'Copied';
  tell('Copied', 'unseen');
  setTimeout(() => { button.textContent = 'Copy'; }, SAID_FOR);
}

export function start() {
  document.addEventListener('click', press);
}

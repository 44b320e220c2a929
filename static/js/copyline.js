// Copies the text or the link of a message, from its menu. Without words, a file says its first lines or its name.
import {copy, tell} from './copy.js';

function textOf(line) {
  const text = line.querySelector('.text'), file = text.querySelector('.attachment');
  if (!file) return text.innerText;
  file.hidden = true;
  const words = text.innerText.trim();
  file.hidden = false;
  return words || file.querySelector('.excerpt')?.textContent || file.dataset.file;
}

async function copyOf(line, text) {
  tell(await copy(text, line.querySelector('.text')) ? 'Copied' : 'This browser does not let the page copy.');
}

export function start() {
  document.addEventListener('menu:copy-text', ({target}) => copyOf(target, textOf(target)));
  document.addEventListener('menu:copy-link', ({target}) => copyOf(target, target.querySelector('.when').href));
}

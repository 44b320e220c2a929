// Copies the text or the link of a message, from its menu.
import {copy, tell} from './copy.js';

async function copyOf(line, text) {
  tell(await copy(text, line.querySelector('.text')) ? 'Copied' : 'This browser does not let the page copy.');
}

export function start() {
  document.addEventListener('menu:copy-text', ({target}) => copyOf(target, target.querySelector('.text').innerText));
  document.addEventListener('menu:copy-link', ({target}) => copyOf(target, target.querySelector('.when').href));
}

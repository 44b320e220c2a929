// Blocks of code: they scroll sideways, also from the keyboard, and each has a button that copies it. The button's word
// is in the style sheet, so that it is no part of the text.
import {copy, tell} from './copy.js';

// Dresses the blocks of a line, new ones and those that a change has brought back as the server sends them.
export function dressCode(line) {
  for (const code of line.querySelectorAll('pre')) {
    if (code.parentElement.matches('.code')) continue;
    const frame = document.createElement('div'), button = document.createElement('button');
    frame.className = 'code';
    Object.assign(button, {type: 'button', className: 'copy', ariaLabel: 'Copy this code'});
    code.tabIndex = 0;
    code.replaceWith(frame);
    frame.append(code, button);
  }
}

async function press({target: button}) {
  if (!button.matches('.code > .copy')) return;
  const code = button.previousElementSibling;
  tell(await copy(code.textContent.replace(/\n$/, ''), code) ? 'Copied' : 'This browser does not let the page copy.');
}

export function start() {
  document.addEventListener('click', press);
}

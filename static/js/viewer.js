// A picture of the log as large as the page, in a dialog, with the ones before and after it. Escape closes it, and the
// focus goes back. Without a script the link opens it.
import {find} from './page.js';
let dialog = null, shown = null;

const all = () => [...document.querySelectorAll('#log > :not([hidden], .going, .far) .picture')];

function step(by) {
  const next = by && all()[all().indexOf(shown) + by];
  if (next) show(next);
}

function make() {
  dialog = document.createElement('dialog');
  dialog.className = 'viewer';
  dialog.innerHTML = '<img alt=""><p><a class="button" download>Download</a>'
    + ' <button value="-1" aria-label="The picture before">‹</button>'
    + ' <button value="1" aria-label="The picture after">›</button> <button value="close">Close</button></p>';
  document.body.append(dialog);
  dialog.addEventListener('click', ({target}) => {
    if (target.value === 'close' || target === dialog || target.matches('img')) dialog.close();
    else step(Number(target.value));
  });
  dialog.addEventListener('keydown', ({key}) => step({ArrowLeft: -1, ArrowRight: 1}[key]));
  dialog.addEventListener('close', () => shown.focus({preventScroll: true}));
}

// The small picture is there at once, and the large one comes in its place.
function show(link) {
  const small = link.firstElementChild, large = dialog.querySelector('img'), full = new Image();
  const pictures = all(), at = pictures.indexOf(link);
  shown = link;
  Object.assign(large, {src: small.src, alt: small.alt});
  full.onload = () => shown === link && Object.assign(large, {src: full.src});
  full.src = link.href;
  dialog.ariaLabel = small.alt;
  dialog.querySelector('a').href = link.href;
  [-1, 1].forEach(by => { dialog.querySelector(`[value="${by}"]`).disabled = !pictures[at + by]; });
}

function press(event) {
  const link = event.target.closest?.('#log .picture');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!dialog) make();
  show(link);
  dialog.showModal();
}

export function start() {
  document.addEventListener('click', press);
}

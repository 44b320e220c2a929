// From what a reply says of its message to that message.
import {find} from './page.js';
import {leaveEnd} from './reader.js';

// To the line on this page, or to the page around it.
function go(event) {
  const place = event.target.closest?.('#log .answers[data-to]'), line = place && find(`#m-${place.dataset.to}`);
  if (!line || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  goToLine(line);
}

export function goToLine(line) {
  leaveEnd();
  line.scrollIntoView({block: 'center'});
  line.tabIndex = -1;
  line.focus({preventScroll: true});
  line.classList.remove('found');
  requestAnimationFrame(() => line.classList.add('found'));
}

export function start() {
  document.addEventListener('click', go);
}

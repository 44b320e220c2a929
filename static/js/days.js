// The days of the log, in the reader's own time. A day stands before its first line, and before the fold of that line.
import {neighbour, timeOf} from './page.js';
const midnight = time => new Date(time).setHours(0, 0, 0, 0);
let today = midnight(Date.now());

function nameOf(time) {
  const daysAgo = Math.round((midnight(Date.now()) - midnight(time)) / 864e5);
  return ['Today', 'Yesterday'][daysAgo] ?? time.toLocaleDateString('en-GB', {dateStyle: 'full'});
}

export function beginsDay(before, line) {
  return !before || midnight(timeOf(before)) !== midnight(timeOf(line));
}

// Made once, then only changed: a live region reads out what is new.
export function showDay(line, isNew) {
  const fold = line.previousElementSibling?.matches('.fold') ? line.previousElementSibling : null;
  const above = (fold ?? line).previousElementSibling;
  const shown = above?.matches('.day') ? above : null;
  if (!isNew) return shown?.remove();
  const day = shown ?? document.createElement('li'), name = nameOf(timeOf(line));
  if (!shown) {
    day.className = 'day';
    day.append(document.createElement('span'));
    (fold ?? line).before(day);
  }
  if (day.textContent !== name) day.firstChild.textContent = name;
}

// At midnight "Today" becomes another day.
export function renameDays() {
  if (today === midnight(Date.now())) return;
  today = midnight(Date.now());
  for (const day of document.querySelectorAll('#log > .day')) showDay(neighbour(day, 'nextElementSibling'), true);
}

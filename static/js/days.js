// Day headings in the log, in the reader's local time. A heading is before the first line of its day and its fold.
import {neighbour, timeOf} from './page.js';
const midnight = time => new Date(time).setHours(0, 0, 0, 0);
const near = new Intl.RelativeTimeFormat([], {numeric: 'auto'}); // "today", in the reader's language
const far = new Intl.DateTimeFormat([], {dateStyle: 'full'});
let today = midnight(Date.now());

function nameOf(time) {
  const daysAgo = Math.round((midnight(Date.now()) - midnight(time)) / 864e5);
  const name = daysAgo < 2 ? near.format(-daysAgo, 'day') : far.format(time);
  return name[0].toLocaleUpperCase() + name.slice(1);
}

export function beginsDay(before, line) {
  return !before || midnight(timeOf(before)) !== midnight(timeOf(line));
}

// Adds, changes or removes the heading before a line. Replacing one would make the live region read it out again.
export function showDay(line, isNew) {
  const fold = line.previousElementSibling?.matches('.fold') ? line.previousElementSibling : null;
  const above = (fold ?? line).previousElementSibling;
  const shown = above?.matches('.day') ? above : null;
  if (!isNew) return shown?.remove();
  const day = shown ?? document.createElement('li'), name = nameOf(timeOf(line));
  if (!shown) {
    day.className = 'day';
    day.lang = far.resolvedOptions().locale;
    day.append(document.createElement('span'));
    (fold ?? line).before(day);
  }
  if (day.textContent !== name) day.firstChild.textContent = name;
}

// After midnight, renames the headings: "Today" is another day now.
export function renameDays() {
  if (today === midnight(Date.now())) return;
  today = midnight(Date.now());
  for (const day of document.querySelectorAll('#log > .day')) showDay(neighbour(day, 'nextElementSibling'), true);
}

// What the other modules share: looking things up, listening to the room's stream, and the order of its log.

export const find = selector => document.querySelector(selector);

// Events of hx-sse bubble, and the composer has requests of its own: only the log's are the stream's.
export function onStream(name, handler) {
  document.addEventListener(name, event => {
    if (event.target.id === 'log') handler(event.detail, event);
  });
}

export const isLine = node => node.dataset?.kind !== undefined;

// The next line on one side: days and folds stand between.
export function neighbour(line, side) {
  let found = line[side];
  while (found && !isLine(found)) found = found[side];
  return found;
}

export const timeOf = line => new Date(line.querySelector('time').dateTime);

// The number of a line: its place in the room's log.
export const seqOf = line => Number(line.id.slice(2));

// Days and folds stand before the line they belong to, so the last in the log is a line, if there is any.
export function lastLine() {
  const last = find('#log').lastElementChild;
  return last && isLine(last) ? last : null;
}

// Takes away all that stands above a line, but for the day that it belongs to: a live region reads out what is new.
export function cutAbove(line) {
  let day = false;
  for (let above = line.previousElementSibling, next; above; above = next) {
    next = above.previousElementSibling;
    if (!day && above.matches('.day')) day = true;
    else above.remove();
  }
}

// What the other modules share: looking things up, listening to the room's stream, and the order of its log.

export const find = selector => document.querySelector(selector);

// Events of hx-sse bubble, and the composer has requests of its own: only the log's are the stream's.
export function onStream(name, handler) {
  document.addEventListener(name, event => {
    if (event.target.id === 'log') handler(event.detail, event);
  });
}

// A line of the log is one event. Days and folds stand before the line they belong to, so the last is always a line.
export const isLine = node => node.dataset?.kind !== undefined;
export const seqOf = line => Number(line.id.slice(2));
export const timeOf = line => new Date(line.querySelector('time').dateTime);

export function lastLine() {
  const last = find('#log').lastElementChild;
  return last && isLine(last) ? last : null;
}

export function neighbour(line, side) {
  let found = line[side];
  while (found && !isLine(found)) found = found[side];
  return found;
}

// Takes away all that stands above a line, but for the day that it belongs to: a live region reads out what is new.
export function cutAbove(line) {
  const {children} = find('#log'), above = [...children].slice(0, [...children].indexOf(line));
  const day = above.findLast(node => node.matches('.day'));
  for (const node of above) if (node !== day) node.remove();
}

// Pixels of the log that are below what is in view.
export function belowView() {
  const {scrollHeight, clientHeight, scrollTop} = find('#scroller');
  return scrollHeight - clientHeight - scrollTop;
}

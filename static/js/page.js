// Helpers shared by the other modules: find elements, listen to the room's stream, and walk the lines of the log.

export const find = selector => document.querySelector(selector);

// Listens to an event of the room's stream. Events of hx-sse and htmx bubble; those of the stream have #log as target.
export function onStream(name, handler) {
  document.addEventListener(name, event => {
    if (event.target.id === 'log') handler(event.detail, event);
  });
}

// A line of the log is one event. Day headings and folds are before their line, so the last element is always a line.
export const isLine = node => node.dataset?.kind !== undefined;
export const MESSAGE = '#log > [data-kind="message"]:not(.going)'; // it has a menu
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

// Removes everything above a line except its day heading, which a live region would read out if it were added again.
export function cutAbove(line) {
  const {children} = find('#log'), above = [...children].slice(0, [...children].indexOf(line));
  const day = above.findLast(node => node.matches('.day'));
  for (const node of above) if (node !== day) node.remove();
}

// The pixels of the log below the visible part.
export function belowView() {
  const {scrollHeight, clientHeight, scrollTop} = find('#scroller');
  return scrollHeight - clientHeight - scrollTop;
}

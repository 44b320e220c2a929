// What is on its way, in order: {key, text, reply, file, line}. seq: it is stored; tried: it may be stored; held: it
// waits for its author; until: it waits for a time.
import {keep} from './drafts.js';
import {isThere} from './pale.js';
let queue = [];

export const unsent = () => queue.filter(one => !one.seq);
export const laneOf = ({file}) => Number(Boolean(file));
export const isQueued = one => queue.includes(one);
export const push = one => queue.push(one);
// A text that waits for its author keeps those after it waiting. A file does not.
export const next = lane => unsent().find(one => laneOf(one) === lane && !(lane && one.held));

// Of a file only its name is kept over a reload.
export function remember() {
  keep({queue: unsent().map(({line, seq, until, node, file, ...one}) => ({...one, file: file && {name: file.name}}))});
}

export function drop(one) {
  queue = queue.filter(other => other !== one);
  one.line.remove();
  remember();
}

export function settle() {
  for (const one of queue) if (isThere(one)) drop(one);
}

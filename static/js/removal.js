// Removing a message, which can be undone for five seconds. Until they are over nothing is sent, and the line is hidden
// on this page only. When the page is hidden or left before that, the removal is sent at once.
import {find} from './page.js';
import {tell} from './copy.js';
const UNDO = 5000; // milliseconds
const waiting = new Map(); // line -> its timer

function bringBack(line, reason) {
  line.classList.remove('going');
  line.querySelector('.undo')?.remove();
  if (reason) tell(reason);
}

async function send(line) {
  if (!waiting.delete(line)) return;
  line.querySelector('.undo button')?.remove();
  try {
    const headers = {Accept: 'application/json'}, {href} = line.querySelector('.when');
    const answer = await fetch(href, {method: 'DELETE', keepalive: true, headers}); // it outlives the page
    if (!answer.ok && answer.status !== 404) bringBack(line, (await answer.json()).error);
  } catch {
    bringBack(line, 'Not removed: the server did not answer. Try it again.');
  }
}

function remove({target: line}) {
  const note = find('#undo').content.firstElementChild.cloneNode(true), undo = note.querySelector('button');
  const hadFocus = line.contains(document.activeElement);
  undo.addEventListener('click', () => {
    clearTimeout(waiting.get(line));
    waiting.delete(line);
    bringBack(line);
    line.tabIndex = -1;
    line.focus();
  });
  line.append(note);
  line.classList.add('going');
  if (hadFocus) undo.focus();
  waiting.set(line, setTimeout(send, UNDO, line));
}

export function start() {
  const sendAll = () => [...waiting.keys()].forEach(send);
  document.addEventListener('menu:remove', remove);
  document.addEventListener('visibilitychange', () => document.hidden && sendAll());
  window.addEventListener('pagehide', sendAll);
}

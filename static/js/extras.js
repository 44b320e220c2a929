// What few readers need: answers to knocks for owners, notices for those who want them, and the counts of a paused tab.
import {isPaused} from './connection.js';
import {tell} from './copy.js';
import {load} from './demand.js';
import {withStorage} from './drafts.js';
import {isForMe, isMeant} from './meant.js';
import {find, lastLine, seqOf} from './page.js';
import {speaks} from './tabs.js';
import {readTo, setBeyond} from './unread.js';
const KNOCKS = '#log > :is([data-kind="knock"], [data-kind="admit"], [data-kind="deny"])';
const EVERY = 30_000; // milliseconds between the questions of a paused tab
let page;

export const pageOf = () => page; // what modules on demand get

async function answerKnocks() {
  const lines = document.querySelectorAll(KNOCKS);
  if (!lines.length) return;
  const {dress} = await load('knocks');
  for (const line of lines) dress(line, page);
}

export function start(room) {
  page = {...room, find, tell, isMeant, isForMe, readTo, speaks, load, lastLine, seqOf};
  Object.assign(page, {setBeyond, isPaused, withStorage});
  if ('owner' in room) {
    new MutationObserver(answerKnocks).observe(find('#scroller'), {childList: true, subtree: true});
    answerKnocks();
  }
  setInterval(() => isPaused() && load('waiting').then(({ask}) => ask(page)), EVERY);
  if (!room.me) return;
  const button = find('#notify');
  button.hidden = false;
  button.addEventListener('click', () => load('notices').then(({open}) => open(page)));
  const wanted = withStorage(() => localStorage.getItem(`notices ${room.room}`));
  if (wanted) load('notices').then(({start: begin}) => begin(page));
}

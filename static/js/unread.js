// What was not read yet. The read mark moves when a line was on the screen of a tab that has the focus. A line that is
// new tells so with the event `news`, for notices.
import {divider, dividerAt, lookAtDivider, placeDivider, removeDivider} from './divider.js';
import {goOnAtEnd, missesAbove} from './gap.js';
import {markRead} from './marks.js';
import {factsOf, isForMe, isMeant, isNews} from './meant.js';
import {find, isLine, lastLine, onStream, seqOf} from './page.js';
import {isAtEnd} from './reader.js';
import {tell} from './tally.js';
const scroller = find('#scroller');
const live = find('[hx-sse\\:connect]') !== null;
let room, me, epoch, mark = 0; // `mark`: the number of the last line that was read
let lines = []; // not read yet, in order; some may have been removed since
let beyond = [], opened = false; // {seq, mentions} of messages not on the page; whether it shows what it opens with

const looks = () => !document.hidden && document.hasFocus();
const counts = line => isNews(line) && seqOf(line) > mark;

export const readTo = () => mark;
export const firstUnread = () => lines.find(counts);

// A line is read when its end is in view, or when it fills the view.
function isOnScreen(line) {
  const view = scroller.getBoundingClientRect(), {top, bottom, height} = line.getBoundingClientRect();
  return height > 0 && (bottom <= view.bottom + 1 || top <= view.top + 1);
}

export function moveMark(seq) {
  if (seq <= mark) return;
  mark = seq;
  beyond = beyond.filter(one => one.seq > mark);
}

function read(line) {
  if (seqOf(line) <= mark) return;
  moveMark(seqOf(line));
  markRead(room, epoch, mark);
}

export function look() {
  const last = lastLine();
  if (opened && looks() && live) {
    for (const line of lines.filter(counts)) {
      if (missesAbove(mark) || !isOnScreen(line)) break;
      read(line);
    }
    if (isAtEnd() && last && isOnScreen(last)) read(last);
    lookAtDivider();
    if (isAtEnd() && last && mark >= seqOf(last)) goOnAtEnd();
  }
  show();
}

export function show() {
  lines = lines.filter(counts);
  tell([...lines.map(factsOf), ...beyond].map(isForMe), live && !isAtEnd());
}

function arrived({id}) {
  const line = lastLine();
  if (!line || !id.endsWith(`-${seqOf(line)}`)) return look(); // a change adds no line
  beyond = beyond.filter(({seq}) => seq > seqOf(line));
  if (me && line.dataset.author === me && line.dataset.kind === 'message') removeDivider();
  else if (counts(line)) {
    const passed = !divider() || dividerAt() <= mark;
    lines.push(line);
    if (passed && !(looks() && isAtEnd())) placeDivider(line);
    line.dispatchEvent(new CustomEvent('news', {bubbles: true, detail: {line, meant: isMeant(line)}}));
  }
  return look();
}

export function lookFromNow() {
  opened = true;
  look();
}

export function setBeyond(messages) {
  beyond = messages;
  show();
}

// The lines on the page may be others now. Returns how many of them were not read.
export function collect() {
  lines = [...find('#log').children].filter(line => isLine(line) && counts(line));
  return lines.length;
}

export function begin(now, seq) {
  [epoch, mark, beyond] = [now, seq, []];
}

export function start(data) {
  ({room, me} = data);
  onStream('htmx:sse:after:message', ({message}) => message.event || arrived(message));
  document.addEventListener('htmx:after:swap', show); // the title may be new
  for (const name of ['focus', 'blur', 'resize']) window.addEventListener(name, look);
  scroller.addEventListener('scroll', look);
  find('#composer').addEventListener('submit', removeDivider);
}

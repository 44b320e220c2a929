// Desktop notices of a room, for a tab that nobody looks at. Loaded on demand (extras.js). The browser keeps what is
// wanted: `notices KQZF` is {what: all, meant or none; sound}. One tab of a room speaks, and each room has one notice.
const COLLECTS = 1000, SHOWN = 120; // milliseconds in which messages become one notice; characters of it
let page, timer, audio, pending = [], notice = null, shown = [];

const name = () => `notices ${page.room}`;
const kept = () => page.withStorage(() => localStorage.getItem(name()));
const setting = () => ({what: 'none', sound: false, ...JSON.parse(kept() ?? '{}')});
const isRemoved = line => !line.isConnected || line.dataset.kind === 'removed' || line.matches('.hushed');
const isGone = ({line, seq}) => seq <= page.readTo() || (line && isRemoved(line));
const fileOf = line => line.querySelector('.attachment')?.dataset.file;
const wordsOf = line => line.querySelector('.text')?.innerText.trim() || fileOf(line) || 'knocks';
const isOther = one => isGone(one) || (one.line && wordsOf(one.line) !== one.text); // removed, read or edited
const MARKS = /(?<!\w)(\x60+|\*{1,3}|_{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?!\w)/g; // of emphasis and code
const plain = text => text.replace(MARKS, '$2').replace(MARKS, '$2');
const isAllowed = () => window.isSecureContext && window.Notification?.permission === 'granted';

function factsOf({detail}) {
  const {line} = detail;
  if (!line) return {...detail, text: plain(detail.text)}; // as programs get it, in a paused tab
  return {line, seq: Number(line.id.slice(2)), meant: detail.meant, name: line.querySelector('bdi').textContent};
}

function beep() {
  audio ??= new AudioContext();
  const tone = audio.createOscillator(), volume = audio.createGain(), now = audio.currentTime;
  tone.frequency.setValueAtTime(660, now);
  tone.frequency.setValueAtTime(880, now + 0.09);
  volume.gain.setValueAtTime(0.08, now);
  volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.3);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(now + 0.3);
}

function close() {
  notice?.close();
  notice = null;
  shown = [];
}

function say() {
  timer = null;
  const fresh = pending.filter(one => !isGone(one));
  pending = [];
  if (!fresh.length || !document.hidden || !page.speaks()) return;
  if (setting().sound) beep();
  if (!isAllowed()) return;
  for (const one of fresh) if (one.line) one.text = wordsOf(one.line); // as they are by now
  shown = [...shown.filter(one => !isGone(one)), ...fresh];
  const last = fresh.findLast(({meant}) => meant) ?? fresh.at(-1), count = shown.length > 99 ? '99+' : shown.length;
  const title = document.title.replace(/^\(.*?\) | · .*/g, '');
  const heading = shown.length > 1 ? `${count} new in ${title}` : `${last.name} in ${title}`;
  const body = (shown.length > 1 ? `${last.name}: ` : '') + [...last.text].slice(0, SHOWN).join('');
  try {
    notice = new Notification(heading, {body, tag: `chadchat ${page.room}`, renotify: true, silent: true});
  } catch {
    return; // Android, where only installed apps may
  }
  notice.addEventListener('click', () => {
    window.focus();
    close();
  });
}

function hear(event) {
  const {what} = setting(), news = factsOf(event);
  if (!document.hidden || what === 'none' || (what === 'meant' && !news.meant)) return;
  pending.push(news);
  timer ??= setTimeout(say, COLLECTS);
}

// A change: a message that is removed or edited takes its notice along, and an edit tells those whom it mentions newly.
function change(records) {
  const {me} = page;
  for (const {target, attributeName, oldValue} of records) {
    if (attributeName !== 'data-mentions') continue;
    const isNew = line => page.isMeant(line) && !(oldValue ?? '').split(' ').some(id => id === me || id === 'here');
    if (target.dataset.author !== me && isNew(target)) hear({detail: {line: target, meant: true}});
  }
  if (notice && shown.some(isOther)) close();
}

export function start(room) {
  if (page) return;
  page = room;
  document.addEventListener('news', hear);
  document.addEventListener('visibilitychange', () => document.hidden || close());
  window.addEventListener('storage', ({key}) => key?.startsWith('read ') && shown.some(isGone) && close());
  const what = {attributeFilter: ['data-kind', 'data-mentions'], attributeOldValue: true};
  const all = {subtree: true, childList: true, characterData: true};
  new MutationObserver(change).observe(page.find('#scroller'), {...all, ...what});
}

export function open(room) {
  start(room);
  page.load('asking').then(({ask}) => ask(page, setting(), beep, chosen => {
    page.withStorage(() => localStorage.setItem(name(), JSON.stringify(chosen)));
  }));
}

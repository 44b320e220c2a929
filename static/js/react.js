// Reactions. The server sends each with the ids of its members. This marks the reader's own, and sets one or takes it
// back: from the six in the menu, from a count, and from the dialog, which also names the members and finds others.
import {find} from './page.js';
import {tell} from './copy.js';
import {look} from './emoji.js';
const MOST = 12; // emoji that are offered for a name
const dialog = find('#reactions');
const like = emoji => emoji.replace(/[\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}]/gu, ''); // what counts as one
let me = '', pressed = null; // the line whose count was pressed last

const countsOf = node => [...node.querySelectorAll('[data-by]')];
const isMine = button => button.dataset.by.split(' ').includes(me);
const countOf = (line, emoji) => countsOf(line).find(({value}) => like(value) === like(emoji));

async function send(line, emoji) {
  const count = countOf(line, emoji), method = count && isMine(count) ? 'DELETE' : 'PUT';
  try {
    const address = `${line.querySelector('.when').href}/reactions/${encodeURIComponent(emoji)}`;
    const answer = await fetch(address, {method, headers: {Accept: 'application/json'}});
    if (!answer.ok) tell((await answer.json()).error);
  } catch {
    tell('Not sent: the server did not answer. Try it again.');
  }
}

function press(event) {
  if (!event.target.closest('.reactions')) return;
  event.preventDefault();
  pressed = event.target.closest('[data-kind]');
  send(pressed, event.submitter.value);
}

function mark(node) {
  for (const count of countsOf(node)) {
    const own = String(isMine(count));
    if (count.ariaPressed !== own) count.ariaPressed = own;
  }
}

// A morph takes off what the server did not send. A count that went, and had the focus, gives it to its line.
const changes = new MutationObserver(records => {
  for (const node of new Set(records.map(({target}) => target))) mark(node.closest('.reactions') ?? node);
  if (!pressed?.isConnected || document.activeElement !== document.body) return;
  pressed.tabIndex = -1;
  pressed.focus({preventScroll: true});
});

// Names the members of a count, as far as the page knows them.
function name({target}) {
  const count = target.closest?.('[data-by]');
  if (!count) return;
  const known = id => find(`#people [data-member="${id}"] bdi`) ?? find(`#log > [data-author="${id}"] .who`);
  const ids = count.dataset.by.split(' '), others = ids.filter(id => id !== me).map(known);
  const names = others.filter(Boolean).map(node => node.textContent), rest = others.length - names.length;
  if (others.length < ids.length) names.unshift('you');
  if (rest) names.push(`${rest} ${names.length ? 'more' : 'who are not here'}`);
  count.title = names.join(', ');
}

async function open({target: line}) {
  await htmx.ajax('GET', `${line.querySelector('.when').href}/reactions`, {target: '#reactions', swap: 'innerHTML'});
  if (dialog.firstElementChild) dialog.showModal();
}

async function offer({target: box}) {
  if (box.id !== 'emoji') return;
  const typed = box.value.replaceAll(':', '').trim();
  const found = /^[a-z\d+_-]{2,}$/i.test(typed) ? await look(`:${typed}`) : [];
  find('#emoji-found').replaceChildren(...found.slice(0, MOST).map(({insert, words}) => Object.assign(
    document.createElement('button'), {name: 'emoji', value: insert, textContent: insert, title: words})));
}

export function start(room) {
  me = room.me;
  mark(find('#log'));
  const all = {subtree: true, childList: true, attributeFilter: ['data-by', 'aria-pressed']};
  changes.observe(find('#scroller'), all);
  for (const event of ['pointerover', 'focusin']) find('#scroller').addEventListener(event, name);
  document.addEventListener('submit', press);
  document.addEventListener('menu:react', ({target, detail}) => send(target, detail.textContent));
  document.addEventListener('menu:reactions', open);
  find('#menu').addEventListener('beforetoggle', () => {
    for (const item of find('#menu').querySelectorAll('[value="react"]')) {
      const count = find('.chosen') && countOf(find('.chosen'), item.textContent);
      item.ariaChecked = String(Boolean(count && isMine(count)));
    }
  });
  dialog.addEventListener('input', offer);
  dialog.addEventListener('click', event => {
    if (!event.target.closest('a')) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener('htmx:after:request', ({detail: {ctx}}) => ctx.response.status === 204 && dialog.close());
}

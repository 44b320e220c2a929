// The menu of a message, one for the page. It is a popover that this module closes by itself: a browser would close one
// that opened during a long press as soon as the finger leaves.
import {find, MESSAGE} from './page.js';
const EDGE = 8; // pixels that stay free around the menu
const menu = find('#menu');
const date = new Intl.DateTimeFormat([], {dateStyle: 'medium', timeStyle: 'short'});
let line = null, before = null; // the message, and the element that had the focus

// A row is an item, or a group of items that stand beside each other.
const rows = () => [...menu.children].filter(row => !row.hidden);
const enter = row => (row.querySelector('button') ?? row).focus();
const gone = new MutationObserver(() => line.matches(MESSAGE) || closeMenu());

// Puts a box below a rectangle, or above it, where it fits into the visible part of the page.
export function place(box, {left, top, bottom}) {
  const {width, height, offsetLeft, offsetTop} = window.visualViewport;
  const down = offsetTop + height - box.offsetHeight - EDGE, right = offsetLeft + width - box.offsetWidth - EDGE;
  const y = bottom <= down ? bottom : top - box.offsetHeight;
  box.style.left = `${Math.max(offsetLeft + EDGE, Math.min(left, right))}px`;
  box.style.top = `${Math.max(offsetTop + EDGE, Math.min(y, down))}px`;
}

// `at` is a rectangle on the screen, beside which the menu is shown.
function openMenu({target, detail: at}) {
  if (target === line) return;
  closeMenu();
  const own = target.matches('.mine'), may = {own, change: own || find('.talk[data-owner]')};
  may.seat = target.dataset.author;
  const time = target.querySelector('.when');
  for (const item of menu.querySelectorAll('[data-may]')) item.hidden = !may[item.dataset.may];
  const link = menu.querySelector('a');
  link.href = time.href;
  link.textContent = date.format(new Date(time.firstChild.dateTime));
  line = target;
  before = document.activeElement;
  line.classList.add('chosen');
  menu.showPopover();
  place(menu, at);
  enter(rows().find(row => row.role !== 'group')); // the six emoji are above it: Enter twice is no reaction
  gone.observe(find('#scroller'), {childList: true, subtree: true, attributeFilter: ['data-kind', 'class']});
}

function closeMenu() {
  if (!line) return;
  gone.disconnect();
  line.classList.remove('chosen');
  line = null;
  if (menu.contains(document.activeElement)) before?.focus({preventScroll: true});
  menu.hidePopover();
}

function press(event) {
  const held = document.activeElement, all = rows(), last = all.length - 1;
  const at = all.findIndex(row => row.contains(held));
  const to = {ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last}[event.key];
  const beside = {ArrowLeft: 'previousElementSibling', ArrowRight: 'nextElementSibling'}[event.key];
  if (event.key === 'Escape' || event.key === 'Tab') closeMenu();
  else if (beside && held.closest('[role="group"]')) held[beside]?.focus();
  else if (to === undefined) return;
  else enter(all[to]);
  event.preventDefault();
}

function choose({target}) {
  const chosen = line;
  if (!target.matches('button')) return;
  closeMenu();
  chosen?.dispatchEvent(new CustomEvent(`menu:${target.value}`, {bubbles: true, detail: target}));
}

export function start() {
  document.addEventListener('menu', openMenu);
  menu.addEventListener('keydown', press);
  menu.addEventListener('click', choose);
  document.addEventListener('pointerdown', ({target}) => menu.contains(target) || closeMenu(), true);
}

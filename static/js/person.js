// The card of a member: a press on a name in the log or in the list of people shows it in place, with the owner's acts,
// and so does the menu of a message. The name is a link to the same on a page, which opens where a key asks for a tab.
import {place} from './menu.js';
import {find} from './page.js';
const NAME = '#log .who a, #people a';
const card = find('#card');

async function show(address, at) {
  await htmx.ajax('GET', address, {target: '#card > :first-child', swap: 'outerHTML'});
  if (!card.querySelector('#person, .error')) return;
  card.showModal();
  place(card, at);
  renew();
}

function press(event) {
  const link = event.target.closest(NAME);
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.href, link.getBoundingClientRect());
}

// The acts answer with the card as it is then.
function renew() {
  const mention = card.querySelector('[data-mention]');
  if (mention) mention.hidden = !find('#composer').getClientRects().length;
  if (card.open) card.querySelector('button:not([hidden])').focus();
}

function choose({target}) {
  const name = target.dataset.mention;
  if (name || target === card) card.close(); // a press beside it, or
  if (!name) return;
  const box = find('#text');
  box.setRangeText(`@${name} `, box.selectionStart, box.selectionEnd, 'end');
  box.dispatchEvent(new Event('input', {bubbles: true}));
  box.focus();
}

export function start({room}) {
  document.addEventListener('click', press);
  document.addEventListener('menu:person', ({target}) => {
    show(`/${room}/people/${target.dataset.author}`, target.querySelector('.text').getBoundingClientRect());
  });
  card.addEventListener('click', choose);
  card.addEventListener('htmx:after:swap', renew);
}

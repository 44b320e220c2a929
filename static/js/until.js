// The end of a mute or a ban, in the reader's own time. Times of messages are in log.js.
import {find} from './page.js';
const local = new Intl.DateTimeFormat([], {dateStyle: 'medium', timeStyle: 'short'});

function show(within) {
  for (const end of within.querySelectorAll('data.until')) {
    end.textContent = local.format(new Date(end.value));
    end.classList.remove('until');
  }
}

export function start() {
  show(document);
  document.addEventListener('htmx:after:swap', () => find('#rules') && show(find('#rules')));
  for (const box of [find('#scroller'), find('#composer-error'), find('#card')].filter(Boolean)) {
    new MutationObserver(() => show(box)).observe(box, {childList: true, subtree: true});
  }
}

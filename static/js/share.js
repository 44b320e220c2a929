// "Invite" opens the browser's share sheet where there is one, else the side with code, link and QR.
import {find} from './page.js';
import {fold, wide} from './side.js';
const side = find('#side'), code = find('#code');

function openCode() {
  const large = find('#poster [data-copy]'); // in the middle of an empty room
  if (large?.getClientRects().length) return large.focus();
  if (wide.matches) fold(false);
  else side.showPopover();
  code.open = true;
  return code.querySelector('[data-copy]').focus();
}

async function share(event) {
  const place = event.target.closest('.invite, [data-share]');
  if (!place) return;
  const url = place.dataset.share, {title} = find('#rules').dataset;
  event.preventDefault();
  if (!url || !navigator.share) return openCode();
  try {
    await navigator.share({title, url});
  } catch (error) {
    if (error.name !== 'AbortError') openCode(); // AbortError: the reader closed the sheet
  }
}

export function start() {
  document.addEventListener('click', share);
}

// The home page: how many messages were not read yet in each of this browser's rooms. It asks again when it is shown.
import {cursor} from './marks.js';

const list = () => document.querySelector('#seats');

async function count() {
  const codes = [...list()?.querySelectorAll('[data-room]') ?? []].map(link => link.dataset.room);
  const read = codes.filter(cursor).map(code => `${code}:${cursor(code)}`).join();
  if (!read || document.hidden) return;
  const answer = await fetch(`/rooms/mine?read=${read}`, {headers: {'HX-Request': 'true'}}).catch(() => null);
  const text = answer?.ok ? await answer.text() : '';
  const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('#seats');
  if (fresh) list().replaceWith(fresh);
}

document.addEventListener('visibilitychange', count);
window.addEventListener('pageshow', count);

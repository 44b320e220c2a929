// Sends one file, and shows how far it is. No answer is waited for as long as bytes go out.
import {read} from './post.js';
const SILENCE = 60_000; // milliseconds in which nothing happens, after which it is tried again
const STEP = 25, PAUSE = 5000; // what screen readers are told: each fourth part, but not more often than this
const said = document.querySelector('#outbox-said');

const refusal = words => ({refused: `<p class="error">${words}</p>`, wait: 0});

// A file that was moved or changed since it was chosen can be read no more.
const isReadable = file => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

function follow(request, line, name) {
  const bar = line.querySelector('progress'), state = line.querySelector('.state span');
  let told = 0, at = Date.now();
  bar.hidden = false;
  bar.ariaLabel = `Sending ${name}`;
  request.upload.onprogress = ({loaded, total}) => {
    const share = Math.floor(loaded / total * 100);
    bar.value = share;
    state.textContent = share < 100 ? `${share} %` : 'Sent. The server looks at it…';
    if (share < told + STEP || Date.now() < at + PAUSE) return;
    [told, at] = [share, Date.now()];
    said.textContent = `${name}: ${share} %`;
  };
}

function send(address, body, sending, prepare) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE);
    };
    prepare(request);
    request.upload.addEventListener('progress', heard);
    request.onload = () => resolve(request);
    for (const end of ['error', 'abort']) request.addEventListener(end, reject);
    request.addEventListener('loadend', () => clearTimeout(silence));
    sending.signal.addEventListener('abort', () => request.abort());
    request.open('POST', address);
    request.setRequestHeader('HX-Request', 'true');
    heard();
    request.send(body);
  });
}

export async function upload(address, {text, key, reply, file, alt, isRaw, line}, sending) {
  if (!await isReadable(file)) return refusal('The file is not there any more, or it is a folder. Choose it again.');
  const body = new FormData();
  const fields = {text, key, ...reply && {reply_to: reply.to}, ...alt && {alt}};
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', file, file.name);
  try {
    const to = isRaw ? `${address}?as=file` : address; // else a picture is encoded anew
    const answer = await send(to, body, sending, request => follow(request, line, file.name));
    const {status, responseText: words} = answer, isOurs = words.includes('class="error"');
    if (status === 413 && !isOurs) return refusal('A server on the way lets no file so large through.');
    if (status === 507 && isOurs) return {refused: words, wait: 0};
    return read(status, words, name => answer.getResponseHeader(name));
  } finally {
    line.querySelector('progress').hidden = true;
  }
}

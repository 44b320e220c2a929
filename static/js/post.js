// Posts one text, and says what became of it: {seq} if it is stored; {refused, wait} with the server's words and the
// seconds to wait, if any; {later} with the server's words, or with none, if nobody has said yet that it is stored.
const PATIENCE = 20_000; // milliseconds

export async function post(address, {text, key, reply}, sending) {
  const patience = setTimeout(() => sending.abort(), PATIENCE);
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: {'HX-Request': 'true'},
      body: new URLSearchParams({text, key, ...reply && {reply_to: reply.to}}),
      signal: sending.signal,
    });
    if (answer.status === 204) return {seq: Number(answer.headers.get('Location').split('/').pop())};
    const words = await answer.text();
    if (answer.status < 400 || !words.includes('class="error"')) return {later: ''}; // a proxy's page, not the server's
    if (answer.status >= 500) return {later: words};
    return {refused: words, wait: Number(answer.headers.get('Retry-After'))};
  } catch {
    return {later: ''}; // no network, no answer in time, or one that was cut off
  } finally {
    clearTimeout(patience);
  }
}

// What HTML, CSS and htmx cannot do. The page is whole without this file; it only makes it pleasant.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const on = (name, handler, root = document) => root.addEventListener(name, handler);
  // Copy buttons copy the <code> beside them. Plain http has no clipboard, only the old command on a selection.
  on('click', async ({target: button}) => {
    if (!button.matches('[data-copy]')) return;
    const code = $('code', button.parentElement);
    getSelection().selectAllChildren(code);
    await (navigator.clipboard?.writeText(code.textContent) ?? document.execCommand('copy'));
    button.textContent = $('#said').textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; $('#said').textContent = ''; }, 2000);
  });

  const {me, room, heartbeat} = $('.talk')?.dataset ?? {}, form = $('#composer');
  if (!room) return;

  // The lines come as everyone gets them; here they get my time, my side, their day and their group.
  const midnight = at => new Date(at).setHours(0, 0, 0, 0);
  const daysAgo = at => Math.round((midnight(Date.now()) - midnight(at)) / 864e5);
  const dayName = at => ['Today', 'Yesterday'][daysAgo(at)] ?? at.toLocaleDateString('en-GB', {dateStyle: 'full'});

  // The day or fold right before a line: made once, then only changed, for a live region reads out what is new.
  function extra(line, name, tag, text) {
    if (!text) return void (line[name] = line[name]?.remove());
    line[name] ??= line.parentElement.insertBefore(Object.assign(document.createElement('li'), {className: name}), line);
    const label = line[name].firstChild ?? line[name].appendChild(document.createElement(tag));
    if (label.textContent !== text) label.textContent = text;
    return label;
  }

  function fold(run) { // three arrivals and departures in a row are a crowd
    const crowd = run.length > 2, open = run.some(line => line.open ?? line.matches('.here'));
    run.forEach((line, index) => {
      line.hidden = crowd && !open;
      const button = extra(line, 'fold', 'button', crowd && !index && `${run.length} came and went`);
      if (button) [button.ariaExpanded, button.onclick] = [open, () => { for (const one of run) one.open = !open; tidy(); }];
    });
  }

  function tidy() {
    let last = {}, run = [], cut = Math.max(0, ...[...document.querySelectorAll('[data-before]')].map(line => line.dataset.before));
    document.querySelectorAll('.day:has(time)').forEach(day => day.remove()); // the server's days are UTC
    for (const line of document.querySelectorAll('#log > [data-kind]')) {
      if (line.id.slice(2) < cut) { for (const gone of [line.day, line.fold, line, $('#older')]) gone?.remove(); continue; }
      const time = $('time', line), at = new Date(time.dateTime), day = midnight(at), {kind, author} = line.dataset;
      const who = author || $('bdi', line)?.textContent, newDay = day !== last.day, passing = kind === 'join' || kind === 'leave';
      if (!time.title) [time.textContent, time.title] = [at.toLocaleTimeString([], {timeStyle: 'short'}), at.toLocaleString()];
      extra(line, 'day', 'span', newDay && dayName(at));
      line.classList.toggle('mine', author === me);
      line.classList.toggle('more', !newDay && kind === 'message' && kind === last.kind && who === last.who && at - last.at < 3e5);
      if (!passing || newDay) fold(run.splice(0));
      if (passing) run.push(line);
      last = {day, who, kind, at};
    }
    fold(run);
  }

  // The reader's place. The log grows up from its end (column-reverse): 0 is the end, and older lines move nothing;
  // only lines that arrive while reading further up are made up for, once a frame, however many it brings.
  const scroller = $('#scroller'), jump = $('#jump'), title = document.title;
  const atEnd = () => scroller.scrollTop > -48, height = () => $('#log').getBoundingClientRect().height;
  let frame = 0, unseen = 0, unread = 0;
  function count() {
    [unseen, unread] = [atEnd() ? 0 : unseen, document.hidden ? unread : 0];
    jump.hidden = !unseen;
    jump.textContent = `New messages (${unseen})`;
    document.title = unread ? `(${unread}) ${title}` : title;
  }
  function settle() {
    const stay = !atEnd(), before = height();
    frame ||= requestAnimationFrame(() => {
      frame = tidy() ?? 0;
      scroller.scrollTop = stay ? scroller.scrollTop + before - height() : 0;
      count();
    });
  }
  on('scroll', count, scroller);
  on('click', () => { scroller.scrollTop = 0; box.focus(); }, jump);
  on('htmx:after:swap', ({detail}) => detail.ctx.swap.startsWith('outerHTML') && tidy());

  // The stream: what it brings, and whether it is there. CSS shows the bar after two seconds: less is not worth a word.
  const stream = (name, handler) => on(name, event => event.target.id === 'log' && handler(event.detail, event));
  const bar = $('#status'), down = () => bar.className === 'lost';
  let connection, since, watch;
  const say = (text, look) => { [since, bar.textContent, bar.className] = [bar.className === look ? since : Date.now(), text, look]; };
  const lost = why => say(!navigator.onLine ? 'You are offline. What you type is kept.' : why || 'Connection lost. Trying again…', 'lost');
  const again = () => { connection?.delayCanceller?.(); connection?.reader?.cancel(); }; // now, not after the back-off
  const alive = () => { clearTimeout(watch); watch = setTimeout(again, heartbeat * 2500); }; // half open, a stream only falls silent
  stream('htmx:sse:before:connection', detail => { connection = detail.connection; if (connection.attempt && !down()) lost(); });
  stream('htmx:sse:after:connection', () => { alive(); resend(); if (down()) say(Date.now() - since > 2000 ? 'Back. You missed nothing.' : '', 'back'); });
  stream('htmx:sse:error', ({status}) => lost([401, 403, 404, 410].includes(status) && 'You have no seat here any more. Reload to join again.'));
  for (const name of ['htmx:response:error', 'htmx:error']) stream(name, () => lost()); // the first connection
  stream('htmx:sse:before:message', ({message}, event) => {
    alive(); if (!message.event) $(`#m-${message.id.split('-')[1]}`) ? event.preventDefault() : settle();
  });
  stream('htmx:sse:after:message', ({message}) => {
    const {kind, author} = $('#log').lastElementChild?.dataset ?? {};
    if (message.event || kind !== 'message') return;
    if (author === me) scroller.scrollTop = 0; else { unseen++; unread++; }
    count();
  });
  stream('people', ({data}) => { $('#people').outerHTML = data; $('#count').textContent = $('#people').dataset.count; });
  on('offline', () => lost(), window); on('online', () => { again(); resend(); }, window);
  on('visibilitychange', () => { count(); if (!document.hidden && down()) again(); });

  // The composer. One key for one text: a retry cannot post twice. A text is `waiting` until it is known what became of it.
  const {text: box, key} = form.elements, slot = `draft ${room}`, trouble = $('#composer-error');
  let sent = null, waiting = false;
  const storage = use => { try { return use(sessionStorage); } catch { return null; } }; // it may be full or forbidden
  const noAnswer = () => $(navigator.onLine ? '#no-answer' : '#offline').innerHTML;
  const resend = () => waiting && box.value === sent && form.requestSubmit();
  function typed() {
    const spare = box.dataset.most - [...box.value].length; // characters, as the server counts them
    $('#composer-room').textContent = spare < 400 ? `${spare} characters left` : '';
    storage(drafts => drafts.setItem(slot, JSON.stringify([box.value, key.value, sent, waiting])));
  }
  on('input', typed, box);
  on('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return; // 229: Safari's IME
    event.preventDefault();
    if (box.value.trim()) form.requestSubmit();
  }, box);
  on('submit', event => { // registered before htmx's own, which reads the form
    if (form.matches('.htmx-request')) return void event.stopImmediatePropagation(event.preventDefault()); // one at a time
    if (box.value !== sent) key.value = crypto.getRandomValues(new Uint32Array(4)).join('-');
    [sent, waiting] = [box.value, true];
    typed();
    if (!form.matches('[data-htmx-powered]')) storage(drafts => drafts.removeItem(slot)); // the server keeps the draft
  }, form);
  on('htmx:error', () => { trouble.innerHTML = noAnswer(); }, form);
  on('htmx:after:request', ({detail: {ctx}}) => {
    const {status} = ctx.response, done = status === 204, known = status >= 400 && ctx.text.includes('class="error"');
    waiting = !done && !(known && status < 500);
    if (!done && !known) ctx.text = noAnswer(); // a proxy's page
    if (done && box.value.startsWith(sent)) box.value = box.value.slice(sent.length); // what was typed meanwhile stays
    if (done) sent = trouble.replaceChildren() ?? null;
    typed();
  }, form);
  if (!box.value) [box.value, key.value, sent, waiting] = storage(drafts => JSON.parse(drafts.getItem(slot))) ?? ['', key.value, null, false];

  // Some phones lay the keyboard over the page: then the room is as high as what is left of it.
  const view = window.visualViewport, fit = (name, size) => document.documentElement.style.setProperty(name, `${size}px`);
  const refit = () => view.scale === 1 && [fit('--view', view.height), fit('--view-top', view.offsetTop)];
  for (const name of ['resize', 'scroll']) view?.addEventListener(name, refit);
  tidy();
  typed();
  if ($('.here')) $('.here').scrollIntoView({block: 'center'});
  else if (matchMedia('(pointer: fine)').matches) box.focus();
})();

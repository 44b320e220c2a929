// The dialog with the settings of notices, of which the server knows nothing. Permission is asked for when a setting is
// chosen that needs it. Loaded on demand (notices.js).
const WHAT = {
  all: 'All messages',
  meant: 'What is for me: my name after an @, replies to me, and knocks if I own the room',
  none: 'Nothing',
};
const WHY = {
  insecure: 'Notices need https, and this page came over http.',
  missing: 'This browser has no notices for pages.',
  denied: 'This browser does not let this page notify you. Allow it beside the address of the page, then choose again.',
  app: 'This browser lets only installed apps notify you.',
};

function fault() {
  if (!window.isSecureContext) return 'insecure';
  if (!window.Notification) return 'missing';
  if (Notification.permission === 'denied') return 'denied';
  if (Notification.permission === 'default') return '';
  try {
    new Notification('ChadChat', {silent: true, tag: 'probe'}).close();
    return '';
  } catch {
    return 'app';
  }
}

function make() {
  const dialog = document.createElement('dialog');
  const tick = (type, name, value, words) =>
    `<label class="tick"><input type="${type}" name="${name}" value="${value}"> ${words}</label>`;
  dialog.id = 'notices';
  dialog.className = 'edit';
  dialog.setAttribute('aria-labelledby', 'notices-title');
  dialog.innerHTML = '<form method="dialog"><fieldset class="choices-of">'
    + '<legend id="notices-title">Notify me of</legend>'
    + Object.entries(WHAT).map(([value, words]) => tick('radio', 'what', value, words)).join('')
    + tick('checkbox', 'sound', 'on', 'With a sound') + '</fieldset><p class="error" role="alert" hidden></p>'
    + '<p class="hint">In this room and this browser, while nobody looks at the page.</p>'
    + '<p class="buttons"><button class="primary">Done</button></p></form>';
  document.body.append(dialog);
  return dialog;
}

export function ask({find}, setting, beep, keep) {
  const dialog = find('#notices') ?? make(), form = dialog.querySelector('form'), why = dialog.querySelector('.error');
  const say = reason => {
    why.textContent = WHY[reason] ?? '';
    why.hidden = !reason;
    for (const choice of form.elements.what) choice.disabled = reason && reason !== 'denied' && choice.value !== 'none';
  };
  form.elements.what.value = fault() ? 'none' : setting.what;
  form.elements.sound.checked = setting.sound;
  say(fault());
  form.onchange = async ({target}) => {
    if (target.name === 'what' && target.value !== 'none' && window.Notification?.permission !== 'granted') {
      await Notification.requestPermission();
      if (Notification.permission === 'default') form.elements.what.value = 'none';
    }
    if (target.name === 'sound' && target.checked) beep();
    const reason = fault();
    if (reason) form.elements.what.value = 'none';
    say(reason);
    keep({what: form.elements.what.value, sound: form.elements.sound.checked});
  };
  if (!dialog.open) dialog.showModal();
}

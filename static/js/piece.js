// One file above the box: a small picture or the kind of file, its name and size, and a field that describes a picture.
const LARGEST = 20e6, MOST_PIXELS = 5e7, SIDE = 96; // bytes and pixels of a picture that is shown, and its size then
const PNG = 0x89504E47, END = 12, LONG = 28; // characters of a long name's end, as in chadchat/web/file_filters.py
const FIRST = 2000, LINES = 4; // characters and lines of a text that are shown
const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;

const LOOK = '<span class="piece"><canvas hidden></canvas>'
  + '<span class="file"><bdi><span></span><span></span></bdi> <small></small></span></span>'
  + '<p><label>What it shows <input maxlength="500" placeholder="for those who do not see it"></label>'
  + '<label class="tick"><input type="checkbox"> As a file, with all its bytes</label></p>'
  + '<div class="excerpt"><pre></pre><button type="button" value="text">Put the text into the box</button></div>'
  + '<button type="button" value="remove">×</button>';

// As size_words in chadchat/words.py.
function inWords(size) {
  if (size < 1000) return `${size} byte${size === 1 ? '' : 's'}`;
  return size < 999_500 ? `${Math.round(size / 1e3)} KB` : `${(size / 1e6).toFixed(size < 9.95e6 ? 1 : 0)} MB`;
}

// A PNG of a few bytes can be a picture of gigabytes. Its beginning says so.
async function isBomb(file) {
  const head = new DataView(await file.slice(0, 24).arrayBuffer());
  return head.getUint32(0) === PNG && head.getUint32(16) * head.getUint32(20) > MOST_PIXELS;
}

async function draw(canvas, file) {
  if (file.size > LARGEST || await isBomb(file)) return;
  const picture = await createImageBitmap(file), scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, picture.width * scale);
  canvas.height = Math.max(1, picture.height * scale);
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  canvas.hidden = false;
}

function name(label, file) {
  const [start, end] = label.querySelectorAll('span'), cut = file.name.length > LONG ? file.name.length - END : LONG;
  label.dataset.ending = file.name.match(/.\.([a-z\d]{1,4})$/i)?.[1].toUpperCase() ?? 'FILE';
  start.textContent = file.name.slice(0, cut);
  end.textContent = file.name.slice(cut);
  label.querySelector('small').textContent = inWords(file.size);
}

// `act` is called with what its buttons are for: remove, or text.
export function make(one, act) {
  const node = document.createElement('li'), {file} = one;
  node.innerHTML = LOOK;
  const [canvas, label, alt, lines] = ['canvas', '.file', 'input', 'pre'].map(part => node.querySelector(part));
  name(label, file);
  alt.value = one.alt;
  const more = alt.closest('p'), asFile = more.querySelector('[type="checkbox"]');
  more.hidden = !PICTURE.test(file.type);
  if (!more.hidden) draw(canvas, file).catch(() => {}); // the server says what is wrong with it
  alt.addEventListener('input', () => { one.alt = alt.value; });
  asFile.addEventListener('change', () => { one.isRaw = asFile.checked; });
  lines.parentElement.hidden = !one.isPaste;
  file.slice(0, FIRST).text().then(text => { lines.textContent = text.split('\n', LINES).join('\n'); });
  node.querySelector('[value="remove"]').ariaLabel = `Remove ${file.name}`;
  node.addEventListener('click', ({target}) => target.matches('button') && act(one, target.value));
  return node;
}

// Modules that few pages need are loaded when they are needed, from the addresses that the page has for them. They get
// what they use of the others as an object, `page`.
import {find} from './page.js';
const loaded = {};

export function load(name) {
  loaded[name] ??= import(find('#modules').dataset[name]).catch(error => {
    loaded[name] = null; // no network: asked again
    throw error;
  });
  return loaded[name];
}

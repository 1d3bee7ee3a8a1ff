/** Finds an element of index.html by its id. */
export const $ = (id) => document.getElementById(id);

/**
 * Builds an element. Text always goes through text nodes, never through markup: most of it was written by other users.
 * `props`: class, testid, data (an object of data-attributes), on (an object of listeners); the rest are attributes.
 */
export function el(tag, props = {}, ...children) {
  const { class: className, testid, data, on, ...attributes } = props;
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (testid) node.dataset.testid = testid;
  for (const [name, value] of Object.entries(data ?? {})) node.dataset[name] = value;
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** A hue for an id, so that one person keeps one colour. */
export function hueOf(id) {
  let hash = 0;
  for (const unit of String(id)) hash = (hash * 31 + unit.codePointAt(0)) % 360;
  return hash;
}

/** The time of day with milliseconds, as the log shows it. */
export function clock(date = new Date(), milliseconds = true) {
  const two = (n, width = 2) => String(n).padStart(width, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return milliseconds ? `${time}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}` : time;
}

/** Shows a sentence for some seconds, at most three at a time. */
export function toast(text, kind = "info") {
  const box = $("toasts");
  const node = el("div", { class: `toast ${kind}`, testid: "toast", data: { kind } }, text);
  while (box.children.length >= 3) box.firstElementChild.remove();
  box.append(node);
  setTimeout(() => node.remove(), kind === "error" ? 7000 : 4000);
}

/** Whether a scrolling list is at its end, so that new rows should keep it there. */
export const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 24;

/** Runs an asynchronous listener; its failure becomes a toast instead of an unhandled rejection. */
export const guarded = (action) => async (event) => {
  event?.preventDefault?.();
  try {
    await action(event);
  } catch (error) {
    toast(error.message, "error");
  }
};

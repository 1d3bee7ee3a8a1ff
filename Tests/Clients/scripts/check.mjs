/** How long anything may take before the script has failed. */
export const Bound = 20_000;

/** Awaits a promise, but not for ever; `what` says what was awaited. */
export async function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), Bound);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Fails unless two JSON values are equal; the order of an object's members doesn't matter. */
export function same(actual, expected, what) {
  const [got, wanted] = [actual, expected].map((value) => JSON.stringify(value, sortMembers));
  if (got !== wanted) throw new Error(`${what}: expected ${wanted}, got ${got}`);
}

/** Fails unless the condition holds. */
export function check(condition, what) {
  if (!condition) throw new Error(what);
}

function sortMembers(_, value) {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}

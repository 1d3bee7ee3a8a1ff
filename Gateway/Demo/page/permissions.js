const Default = "740";

/** The three permission digits of a repository's name: exactly `_` + three digits + `_` at its end, otherwise 740. */
export function digitsOf(repository) {
  return /_(\d{3})_$/.exec(repository)?.[1] ?? Default;
}

/**
 * Says a repository's permissions in words: what owner, account and everybody else may do,
 * and who therefore receives the events of a document.
 */
export function explain(repository) {
  const digits = digitsOf(repository);
  const isPublic = repository.startsWith("pub_");
  const [owner, account, everyone] = [...digits].map(Number);
  const others = isPublic ? everyone | 4 : everyone;
  // Reading is decided from the outside in: what everybody may read, the account may read too.
  const accountRights = account | others;
  return {
    digits,
    assumed: digits === Default && !repository.endsWith(`_${Default}_`),
    // An owner can always read and write, whatever the first digit says.
    owner: rights(owner | 6),
    account: rights(accountRights),
    everyone: rights(others),
    audience: audience(others, accountRights, isPublic),
  };
}

function rights(digit) {
  const words = [digit & 4 && "read", digit & 2 && "change"].filter(Boolean);
  return words.length ? words.join(" and ") : "no access";
}

function audience(everyone, account, isPublic) {
  if (everyone & 4) {
    return isPublic
      ? "Events reach everyone: a “pub_” repository is readable by the whole database."
      : "Events reach every signed-in user of this database.";
  }
  return account & 4
    ? "Events reach the users of the author’s account, and administrators."
    : "Events reach only the author of a document, and administrators.";
}

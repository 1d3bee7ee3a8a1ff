import { $, el, guarded, hueOf, toast } from "./dom.js";

/** The sign-in form. `onToken` gets the session token of whoever signed in or registered. */
export function signInForm(apiOf, onToken) {
  const form = $("sign-in");
  $("use-dev-admin").addEventListener("click", () => {
    $("email").value = "admin@dev.com";
    $("password").value = "devpw1234";
    form.querySelector("[value=login]").focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const registering = event.submitter?.value === "register";
    const email = $("email").value.trim();
    const password = $("password").value;
    const error = $("auth-error");
    error.textContent = "";
    if (!email || !password) {
      error.textContent = "Both the e-mail address and the password are needed.";
      $(email ? "password" : "email").focus();
      return;
    }
    form.inert = true;
    try {
      const token = await (registering ? apiOf().register(email, password) : apiOf().login(email, password));
      $("password").value = "";
      await onToken(token);
    } catch (failure) {
      const taken = registering && failure.message === "invalid email";
      error.textContent = taken ? "invalid email: it is malformed, or somebody registered it before." : failure.message;
    } finally {
      form.inert = false;
    }
  });
}

/** The account panel: who I am, and who else is in my account. */
export class AccountPanel {
  #apiOf;

  /** The answer to `me()`, once known. */
  me = null;

  constructor(apiOf, onLogout) {
    this.#apiOf = apiOf;
    $("logout").addEventListener("click", onLogout);
    $("users-refresh").addEventListener("click", guarded(() => this.#loadUsers()));
    $("add-user").addEventListener("submit", guarded(() => this.#addUser()));
  }

  async load() {
    this.me = await this.#apiOf().me();
    const { email, userId, accountId, role } = this.me;
    const at = email.indexOf("@");
    // A long address breaks before its domain, if it must break at all.
    $("me-email").replaceChildren(email.slice(0, at), el("wbr"), email.slice(at));
    $("me-user").textContent = userId;
    $("me-account").textContent = accountId;
    $("me-role").textContent = roleName(role);
    $("me-role").dataset.role = role;
    paint($("me-avatar"), email);
    await this.#loadUsers().catch((error) => toast(error.message, "error"));
  }

  clear() {
    this.me = null;
    $("users-list").replaceChildren();
    $("account-message").textContent = "";
  }

  async #loadUsers() {
    const users = await this.#apiOf().users();
    $("users-list").replaceChildren(...users.map((user) => this.#row(user)));
  }

  #row(user) {
    const isMe = user.email === this.me?.email;
    const avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    paint(avatar, user.email);
    return el("li", { testid: "user-row", data: { email: user.email } },
      avatar,
      el("span", { class: "grow clip", title: user.email }, user.email),
      isMe ? el("span", { class: "badge" }, "you") : null,
      // Only those whose role is not below the other's may remove somebody.
      isMe || user.role > this.me?.role
        ? null
        : el("button", {
          class: "icon danger", testid: "remove-user", "aria-label": `Remove ${user.email}`, title: "Remove from the account",
          on: { click: guarded(() => this.#remove(user)) },
        }, "×"));
  }

  async #addUser() {
    const email = $("add-user-email").value.trim();
    const password = $("add-user-password").value;
    if (!email || !password) {
      $("account-message").textContent = "Both the e-mail address and a password are needed.";
      return;
    }
    await this.#apiOf().addUser(email, password);
    $("add-user").reset();
    $("account-message").textContent = `${email} can sign in now and shares this account’s documents.`;
    await this.#loadUsers();
  }

  async #remove(user) {
    await this.#apiOf().removeUser(user.id ?? user.userId);
    $("account-message").textContent = `${user.email} was removed; their connections are cut off.`;
    await this.#loadUsers();
  }
}

function paint(avatar, email) {
  avatar.textContent = email.slice(0, 1).toUpperCase();
  avatar.style.setProperty("--hue", hueOf(email));
}

function roleName(role) {
  if (role >= 100) return `administrator · ${role}`;
  return role >= 50 ? `account owner · ${role}` : `member · ${role}`;
}

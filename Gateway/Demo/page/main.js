import { $ } from "./dom.js";

// Loaded dynamically: a static import of a library that the build could not embed would leave a blank page.
let library;
try {
  library = await import("./staticbackend.js");
} catch (error) {
  console.error(error);
  $("client-missing").hidden = false;
  $("log").hidden = true;
}

if (library) {
  const { start } = await import("./app.js");
  start(library.Backend);
}

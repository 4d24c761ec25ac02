// Colours: those of the reader, or those that were chosen here.

function remembered(name) {
  try { return window.localStorage.getItem(name); } catch { return null; }
}

function remember(name, value) {
  try { window.localStorage.setItem(name, value); } catch { /* a file may have no storage */ }
}

function startTheme() {
  const choose = (theme) => { document.documentElement.dataset.theme = theme; };
  const choices = [...document.querySelectorAll("#theme input")];
  const known = choices.find((choice) => choice.value === remembered("evalkit-theme"));
  if (known) { known.checked = true; choose(known.value); }
  for (const choice of choices) {
    choice.addEventListener("change", () => { choose(choice.value); remember("evalkit-theme", choice.value); });
  }
}

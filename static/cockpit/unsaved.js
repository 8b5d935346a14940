/*
 * Asks before a changed form is left: <form data-guarded>, or data-guarded="changed" for one that
 * the server has sent back unsaved. Changed means other than what a save would have to write: what
 * was typed and taken back again is no change, and what a browser restores is one. The question is
 * the browser's own. Saving asks nothing.
 */
(() => {
  // Of each guarded form, what it holds when nothing is changed.
  const unchanged = new Map();
  let sent = null;

  function cleaned(field, value) {
    // What a browser makes of a value: it takes a number's or a date's odd signs away, for one.
    const copy = field.cloneNode();
    copy.value = value;
    return copy.value;
  }

  function chosen(field, isAtFirst) {
    const options = [...field.options];
    if (!isAtFirst) return options.filter((option) => option.selected);
    const marked = options.filter((option) => option.defaultSelected);
    if (marked.length || field.multiple) return marked;
    return options.filter((option) => !option.disabled).slice(0, 1);
  }

  function valuesOf(field, isAtFirst) {
    switch (field.type) {
      case "checkbox":
      case "radio":
        return (isAtFirst ? field.defaultChecked : field.checked) ? [field.value] : [];
      case "file":
        return isAtFirst ? [] : [...field.files].map((file) => `${file.name}/${file.size}`);
      case "select-one":
      case "select-multiple":
        return chosen(field, isAtFirst).map((option) => option.value);
      case "textarea":
        return [(isAtFirst ? field.defaultValue : field.value).replace(/\r\n?/g, "\n")];
      case "hidden":
        return [field.value];
      default:
        return [isAtFirst ? cleaned(field, field.defaultValue) : field.value];
    }
  }

  function contentOf(form, isAtFirst) {
    const told = [];
    for (const field of form.elements) {
      if (!field.name || field.name === "csrfmiddlewaretoken" || field.disabled) continue;
      if (["button", "submit", "reset", "image", "fieldset", "output"].includes(field.type)) continue;
      for (const value of valuesOf(field, isAtFirst)) told.push([field.name, value]);
    }
    return JSON.stringify(told);
  }

  function isChanged(form) {
    if (!form.isConnected || form === sent) return false;
    return form.dataset.guarded === "changed" || contentOf(form, false) !== unchanged.get(form);
  }

  function ask(event) {
    if (![...unchanged.keys()].some(isChanged)) return;
    event.preventDefault();
    // Older browsers look at this alone.
    event.returnValue = true;
  }

  function begin() {
    for (const form of document.querySelectorAll("form[data-guarded]")) {
      unchanged.set(form, contentOf(form, true));
    }
    if (!unchanged.size) return;
    window.addEventListener("beforeunload", ask);
    // After all others, of whom one may keep the form from being sent.
    window.addEventListener("submit", (event) => {
      if (!event.defaultPrevented) sent = event.target;
    });
    // Still here, so what was sent did not arrive, or was a file; and back again, it was saved.
    window.addEventListener("input", () => {
      sent = null;
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted && unchanged.has(sent)) unchanged.set(sent, contentOf(sent, false));
      sent = null;
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();

/*
 * Forms whose page follows what is typed: <form data-live="address">. A moment after each change the
 * form is posted there, and what comes back takes the place of the elements of the same
 * data-live-part. A button named "do" asks for more: then what holds the fields, the part "builder",
 * is replaced, too. Without this script the same buttons post the page.
 */
(() => {
  const PAUSE = 450;
  const FIELDS = "builder";

  function watch(form) {
    let timer = 0;
    let asked = null;

    async function ask(deed) {
      clearTimeout(timer);
      asked?.abort();
      asked = new AbortController();
      const body = new FormData(form);
      if (deed) body.set("do", deed);
      form.toggleAttribute("data-live-waits", true);
      try {
        const answer = await fetch(form.dataset.live, { method: "POST", body, signal: asked.signal });
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        replace(await answer.text(), Boolean(deed));
        form.removeAttribute("data-live-waits");
      } catch (error) {
        if (error.name === "AbortError") return;
        form.removeAttribute("data-live-waits");
        // The server without a script says best what is wrong.
        if (deed) submitPlainly(deed);
      }
    }

    function replace(html, withFields) {
      const page = new DOMParser().parseFromString(html, "text/html");
      for (const fresh of page.querySelectorAll("[data-live-part]")) {
        const name = fresh.dataset.livePart;
        if (name === FIELDS && !withFields) continue;
        document.querySelector(`[data-live-part="${name}"]`)?.replaceWith(document.adoptNode(fresh));
      }
      if (!withFields) return;
      const id = form.querySelector("[data-live-focus]")?.dataset.liveFocus;
      const target = id && (document.getElementById(id) ?? document.getElementById(`${id}_0`));
      target?.focus();
    }

    function submitPlainly(deed) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: "do", value: deed });
      form.append(input);
      // As a button would, so that others hear of it; of a form that novalidate lets pass.
      form.requestSubmit();
    }

    form.addEventListener("input", (event) => {
      if (event.target.hasAttribute("data-live-still")) return;
      clearTimeout(timer);
      timer = setTimeout(() => ask(""), PAUSE);
    });
    form.addEventListener("submit", (event) => {
      if (event.submitter?.name !== "do") return;
      event.preventDefault();
      ask(event.submitter.value);
    });
  }

  for (const form of document.querySelectorAll("form[data-live]")) watch(form);
})();

/*
 * Forms that tell, while somebody types, whose e-mail, phone number or card that is already:
 * <form data-known="address" data-known-besides="the customer at hand">. A moment after each change
 * of such a field it is posted there, alone. Without this script the form's own error says so.
 */
(() => {
  const PAUSE = 400;
  const LENGTH_MIN = 3;
  const FIELDS = ["email", "phone", "loyalty_card_number"];

  function watch(form, input) {
    let timer = 0;
    let asked = null;
    // It is there before anything stands in it, so that it is read out when that happens.
    const hint = document.createElement("p");
    hint.className = "field__known";
    hint.setAttribute("role", "status");
    input.after(hint);

    function show(known) {
      hint.replaceChildren();
      if (!known) return;
      hint.append(known.text);
      if (!known.url) return;
      const link = document.createElement("a");
      Object.assign(link, { href: known.url, textContent: known.open, className: "field__known-link" });
      // Who is asked before they leave what they have filled in looks beside it.
      if ("guarded" in form.dataset) Object.assign(link, { target: "_blank", rel: "noopener" });
      hint.append(" ", link);
    }

    async function ask() {
      asked?.abort();
      if (input.value.trim().length < LENGTH_MIN) return show(null);
      asked = new AbortController();
      const body = new FormData();
      body.set(input.name, input.value);
      body.set("besides", form.dataset.knownBesides ?? "");
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      try {
        const answer = await fetch(form.dataset.known, { method: "POST", body, signal: asked.signal });
        // Of who is signed out by now, for one, the form itself has to tell.
        show(answer.ok && !answer.redirected ? (await answer.json()).known : null);
      } catch (error) {
        if (error.name !== "AbortError") show(null);
      }
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
  }

  for (const form of document.querySelectorAll("form[data-known]")) {
    for (const name of FIELDS) {
      const input = form.elements[name];
      if (input) watch(form, input);
    }
  }
})();

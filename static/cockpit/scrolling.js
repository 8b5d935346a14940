/*
 * Says in the reader's language what the theme's scroll bars say of their contents to who cannot see
 * them. The words are in <meta name="scrolling-label">; the theme's script knows English only.
 */
document.addEventListener("DOMContentLoaded", () => {
  // This runs before the theme's own listener, which was added later.
  const label = document.querySelector('meta[name="scrolling-label"]');
  if (!label) return;
  for (const part of document.querySelectorAll("[data-simplebar]")) {
    part.setAttribute("data-simplebar-aria-label", label.content);
  }
  if (window.SimpleBar) window.SimpleBar.defaultOptions.ariaLabel = label.content;
});

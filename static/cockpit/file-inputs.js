/*
 * The theme writes the name of a chosen file into the nearest text field: in its own forms the field
 * that shows the name, in ours somebody's words. It listens on each input, so it is kept from there.
 */
document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches("input[type=file]")) event.stopPropagation();
  },
  true,
);

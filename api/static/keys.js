// One key for each thing. Single keys do nothing while a text field has the focus or a dialog is open; a dialog that
// has just closed may still hold the focus for a moment.

export function wire(actions) {
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (target.closest("input, textarea, select")) return;
    if (event.key.startsWith("Arrow") && target.closest(".scrolls")) return; // a table scrolls by its own keys
    const press = event.key === "Enter" || event.key === " ";
    if (press && (event.repeat || (target.closest("button, a") && !target.closest("dialog")))) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

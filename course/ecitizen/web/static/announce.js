// Copying a message, printing a sheet: without scripts the text is selected by hand and printed by the browser's menu.
(() => {
  const print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  const said = document.getElementById("copied");
  document.querySelectorAll(".copy").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const text = document.getElementById(button.dataset.copy);
      // The clipboard proper exists on https and localhost only; a library's server is plain http.
      text.focus();
      text.select();
      said.textContent = document.execCommand("copy") ? "Скопировано." : "Нажмите Ctrl+C.";
      button.textContent = said.textContent;
      button.focus();
    });
  });
})();

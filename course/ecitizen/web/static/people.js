// A file that the server would not take is refused before it is sent; without this script the server hangs up on it.
(() => {
  const file = document.getElementById("file");
  const note = document.getElementById("too-large");
  if (!file) return;
  file.addEventListener("change", () => {
    note.hidden = !file.files[0] || file.files[0].size <= Number(file.dataset.most);
    if (!note.hidden) file.value = "";
  });
})();

// What a QR code brought stands behind "#", which no browser sends: it goes into the form and out of the address.
const line = decodeURIComponent(location.hash.slice(1));
const form = document.getElementById("verify");
if (line.startsWith("ECZ1.")) {
  history.replaceState(null, "", location.pathname);
  form.elements.text.value = line;
  form.submit();
} else {
  const answer = document.getElementById("answer");
  if (answer) answer.focus();
}

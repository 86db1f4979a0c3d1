// The clock of the leader's page counts whole minutes down by itself; what tables typed stays where it is.
(() => {
  const clock = document.querySelector(".clock[data-runs=yes]");
  if (!clock) return;
  const end = Date.now() + Number(clock.dataset.left) * 60000;
  const plural = (n) => (n % 10 === 1 && n % 100 !== 11 ? "минуты" : "минут");
  const tell = () => {
    const left = Math.ceil((end - Date.now()) / 60000);
    const words = left <= 0 ? "Время вышло, можно заканчивать"
      : left === 1 ? "Осталась последняя минута" : `Осталось около ${left} ${plural(left)}`;
    if (clock.textContent !== words) clock.textContent = words;
  };
  setInterval(tell, 5000);
})();

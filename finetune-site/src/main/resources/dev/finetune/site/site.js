'use strict';
// Finds the parts of pages that hold all words of a query, those with them in their headings first.
(() => {
  const up = document.getElementById('script').dataset.up;
  const form = document.getElementById('search');
  const query = document.getElementById('query');
  const results = document.getElementById('results');
  const shown = 12;
  const around = 80;

  const words = text => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) || [];
  const parts = searchIndex.map(part => ({
    ...part,
    title: words(part.page + ' ' + part.heading),
    body: words(part.text),
  }));
  const among = (all, word) => all.some(other => other.startsWith(word));

  function score(part, wanted) {
    let sum = 0;
    for (const word of wanted) {
      const points = (part.title.includes(word) ? 4 : among(part.title, word) ? 3 : 0)
          + (part.body.includes(word) ? 2 : among(part.body, word) ? 1 : 0);
      if (points === 0) {
        return 0;
      }
      sum += points;
    }
    return sum;
  }

  function excerpt(text, wanted) {
    const lower = text.toLowerCase();
    const places = wanted.map(word => lower.indexOf(word)).filter(place => place >= 0);
    const from = Math.max(0, Math.min(...(places.length ? places : [0])) - around);
    const to = from + 2 * around;
    return (from > 0 ? '…' : '') + text.slice(from, to) + (to < text.length ? '…' : '');
  }

  function entry(part, wanted) {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = up + part.address;
    link.textContent = part.heading === part.page ? part.page : part.page + ': ' + part.heading;
    const text = document.createElement('p');
    text.textContent = excerpt(part.text, wanted);
    item.append(link, text);
    return item;
  }

  function search() {
    const wanted = words(query.value);
    results.hidden = wanted.length === 0;
    const found = parts.map(part => ({part, points: score(part, wanted)}))
        .filter(one => one.points > 0)
        .sort((one, other) => other.points - one.points);
    const list = document.createElement('ol');
    list.append(...found.slice(0, shown).map(one => entry(one.part, wanted)));
    const note = document.createElement('p');
    note.textContent = found.length === 0 ? 'Nothing holds all these words.'
        : found.length > shown ? shown + ' of ' + found.length + ' parts' : '';
    results.replaceChildren(list, note);
  }

  form.hidden = false;
  form.addEventListener('submit', event => event.preventDefault());
  query.addEventListener('input', search);
  document.addEventListener('keydown', event => {
    if (event.key === '/' && document.activeElement !== query) {
      event.preventDefault();
      query.focus();
    } else if (event.key === 'Escape') {
      query.value = '';
      search();
    }
  });
  query.value = new URLSearchParams(location.search).get('q') || '';
  search();
  if (matchMedia('(max-width: 48rem)').matches) {
    document.querySelector('.pages details').open = false;
  }
})();

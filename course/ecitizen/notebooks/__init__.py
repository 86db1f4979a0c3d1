"""From one notebook to paper and projector: handout, key, book (PDF by typst) and slides (HTML by reveal.js).

``material`` gathers a lesson as plain data: cells (``markdown``), the golden path (``picturing``), questions and key
(``questions``). ``papers`` hands it to the templates of ``course/papers`` (``setting``), ``deck`` makes the slides,
``exporters`` are nbconvert's sockets for both.
"""

"""What English-speaking readers of the sample say on any day. It does not know when, or who says it."""

from deployments.local.sample import headlines_en
from deployments.local.sample.grammar import Phrasebook, lines

_UP = lines("""
{n} [quietly|slowly|steadily] having a great [month|quarter|week] and [nobody|hardly anyone] talks about it
up {pct}% on {n} today, [I'll take it|not complaining|feels good]
{n} looks [strong|really strong|super strong] here, higher lows all week
added a little {n} [this morning|before lunch|on the dip], happy with the price
my {n} position finally turned green, [what a relief|took long enough|patience paid off]
{n} chart is [beautiful|a thing of beauty|as clean as it gets]
love how {n} holds up when everything else is red
bought {n} [last spring|two years ago|at the worst possible time] and it still made me money, good company
{n} breaking out of that range, [nice|lovely|finally]
the best thing I did this year was not selling {n}
volume on {n} is [impressive|excellent|great] today, buyers are in control
{n} [bulls|holders|longs] eating good [today|this week|tonight]
still bullish on {n}, margins improve every quarter
{n} to the moon, or at least to [my cost basis|last week's high|a new 52 week high] lol
{n} [ripping|flying|rallying], glad I kept my shares
great entry on {n} if you ask me, the selloff was overdone
just {n} doing {n} things, another solid day
{n} up {pct}% and I did absolutely nothing, the best kind of profit
tried the new {n} product at a friend's place, honestly impressed
my dad has held {n} for ten years and he wins every family argument about money
{n} guidance sounded confident to me, comfortable holding
shorts on {n} having a bad day, I am having a good one
set a limit on {n}, got filled at the low, best luck of my week
{n} keeps buying back shares, I love boring good news
{n} above the 50 day again, trend is [healthy|positive|your friend]
{n} is not cheap but it is a wonderful business, fine with paying up
calls on {n} paid for [dinner|the new tyres|my gym membership], thanks
strong close for {n}, [gap up tomorrow?|I like it|feeling optimistic]
{n} gained {pct}% while I was in a meeting, more meetings please
if {n} keeps this up I'm buying everyone coffee
""")

_DOWN = lines("""
{n} down {pct}% and it's [not even lunch|still early|still falling], ugh
sold my {n} at a loss, [couldn't take it anymore|had to|lesson learned the hard way]
{n} looks [weak|really weak|tired] here, lower highs all week
not touching {n} until the chart stops being ugly
my {n} bag is getting heavy
{n} can't hold a single bounce, sellers everywhere
worried about {n} margins, costs keep climbing
{n} lost {pct}% today, there goes [my weekend|the new bike|dinner]
everything is green except {n}, of course
{n} valuation makes no sense to me, too expensive for this growth
cut half my {n} today, the risk is not worth it
{n} [bulls|holders|longs] in pain [today|this week|again]
{n} dumping into the close, terrible look
who keeps selling {n} at the open, this is painful
a bad feeling about {n} next quarter, hedged
{n} under the 200 day, that is not a good sign
disappointed in {n}, expected so much more this year
{n} guidance was vague and the market hates vague
tired of waiting for {n}, dead money for months
I was wrong on {n}, taking the loss and moving on
every time I buy {n} it drops, I should warn you people
{n} [bleeding|sliding|sinking] again, no bottom in sight
competition is eating {n}'s lunch and nobody wants to admit it
nothing but bad luck with {n} this month
stop loss on {n} triggered at the exact low, I hate it here
{n} minus {pct}%, my portfolio app and I are not on speaking terms
averaging down on {n} was a mistake, I know, I know
demand for {n} looks soft, and inventory is a problem
weak volume, weak bounce, weak {n}
avoid {n} for now, too many problems and not enough answers
{n} really knows how to ruin a good Friday mood
""")

_FLAT = lines("""
{n} [flat|going nowhere|stuck in a range] again
what time does {n} report, anyone know?
anyone else watching {n} [today|this week|into the close]?
{n} volume lower than usual, waiting
what's your average on {n}?
is {n} still in your top five?
how many of you own {n} through an index fund only?
holding {n}, not adding, not selling
{n} trading inside yesterday's range so far
listening to the replay of the {n} call [on the train|while cooking|at the gym]
where do you read {n} filings, the company site or somewhere else?
set an alert on {n}, back to work
{n} options expire this week, open interest is spread around evenly
can someone explain the {n} segment numbers to me like I'm five?
{n} changed the date of its shareholder meeting, for those who care
rolled my {n} covered calls out a month
looking at {n} on the weekly, no opinion yet
has anyone compared {n} revenue per region over five years?
{n} is about {pct}% away from yesterday's close, so who knows
first time reading a {n} annual report, 90 pages to go
does {n} move more before or after the numbers, historically?
moved my {n} shares to another broker, took four days
what would change your mind on {n}?
""")

_IRONY = lines("""
oh great, {n} down again, exactly what I needed, love it
{n} minus {pct}%, fantastic, wonderful, truly the investment of a lifetime
sure, {n} will recover by lunch, just like the last six times
thank you {n} for teaching me what patience costs
bought the {n} dip, then the dip of the dip, genius at work
nothing like a {n} chart to help you fall asleep, crying
congrats to me for buying {n} at the exact top, what a talent
{n} is a long term hold now, because selling at this price would hurt lol
""")

_PAIRS = lines("""
{n} or {m} for the next five years?
sold {n}, bought {m}, we'll see who laughs in December
in my portfolio {n} is winning this round and {m} is losing it
why does {m} drop every time {n} has good news?
rotating from {m} into {n}, stronger trend
{n} looks great, {m} looks terrible, same portfolio, go figure
if {n} is worth this much then {m} is too cheap
paired {n} against {m} today, small gain, small stress
my two biggest positions are {n} and {m}, not sure that counts as diversified
good numbers from {n} should help {m} too, right?
half {n}, half {m}, zero regrets
{m} dragging {n} down with it, guilt by association
watching {n} and {m} move tick for tick this morning
""")

_MARKET_UP = lines("""
futures green, coffee hot, [good morning everyone|life is good|let's have a good one]
broad rally today, [even my bad picks are up|nice to see|feels great]
breadth is strong, more than the usual seven names for once
nice recovery into the close, buyers showed up
soft landing talk again, I like the optimism
inflation number better than expected, market happy
best week for my portfolio since autumn
""")

_MARKET_DOWN = lines("""
red everywhere, closing the app [until Monday|for today|and going for a walk]
yields up, stocks down, my mood down
ugly open, ugly close, ugly everything in between
volatility is back and I don't like it
everyone is nervous before the rate decision and it shows
bad breadth under the surface, careful out there
""")

_MARKET_FLAT = lines("""
what are we watching this week?
market closed Monday, don't be like me and check at nine
rate decision at two, until then it's just noise
what's everyone's cash percentage?
slow tape, summer volumes in winter
anyone have a good book on reading balance sheets?
quarter end rebalancing, I wouldn't read too much into today
how do you keep track of dividends, spreadsheet or app?
Seoul opens in an hour, curious what it makes of this
day 12 of not trading, ask me anything
""")

_TRAPS = lines("""
baked an apple pie from scratch, it came out great
this thread about threads is so meta
A quick question for ALL of you: are index funds boring ON purpose?
IT department says the new laptops arrive NOW or never
just google it, that's what I always do
it's GO time, one more exam and I'm free
documentary about the amazon rainforest tonight, wonderful pictures
who remembers alphabet soup? A classic
saw a tesla coil at the science museum, kids loved it
I CAN see the point, but IT IS still a bad idea
ran 10k today, a BIG win for me
spent $5 on coffee and $12 on parking, the bad kind of leverage
SO and SO said the market is fine, which means nothing
the DD in this group is better than my homework ever was
windows open, spring in the air, no charts today
on a scale from A to F how did your week go?
""")

_OPENINGS = lines("""
ok so
not gonna lie,
morning thought:
unpopular opinion:
quick one:
honest question,
just my two cents:
for what it's worth,
hot take:
update:
serious question:
well,
reminder to self:
I said it in [January|autumn|the other thread]:
after [three|four|six] coffees:
pre-market note:
lunch break check:
""")

_CLOSINGS_UP = lines("""
Happy holder here.
Good times.
Let it run.
Feeling good about this one.
Thank you and good night.
Not selling.
Nice way to end the [day|week|month].
Sometimes patience wins.
See you at the highs.
I'm smiling, sue me.
""")

_CLOSINGS_DOWN = lines("""
Not fun.
Painful.
I need a break.
Be careful out there.
Lesson learned. Again.
Someone hold me.
Hope I'm wrong.
This is fine. It is not fine.
Back to index funds for me.
No idea where it stops.
""")

_CLOSINGS_FLAT = lines("""
Thoughts?
Just curious.
Not advice, obviously.
What am I missing?
Back to work.
We'll see.
Anyone?
Time will tell.
""")

BOOK = Phrasebook(
    about={"up": _UP, "down": _DOWN, "flat": _FLAT},
    events=headlines_en.EVENTS,
    irony=_IRONY,
    pairs=_PAIRS,
    market={"up": _MARKET_UP, "down": _MARKET_DOWN, "flat": _MARKET_FLAT},
    traps=_TRAPS,
    openings=_OPENINGS,
    closings={"up": _CLOSINGS_UP, "down": _CLOSINGS_DOWN, "flat": _CLOSINGS_FLAT},
    signs={"up": tuple("🚀📈💚🙌😎🔥"), "down": tuple("📉😭🩸😬💀🤡"), "flat": tuple("👀🤔☕🤷")},
    hashtags=("#stocks", "#investing", "#trading", "#earnings", "#markets", "#longterm"),
    titles=headlines_en.TITLES,
    essay_first=headlines_en.ESSAY_FIRST,
    essay=headlines_en.ESSAY,
    essay_last=headlines_en.ESSAY_LAST,
)

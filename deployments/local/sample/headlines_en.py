"""What English-speaking readers say about an invented event, and their longer posts. It does not know what came when.

Worded as chatter and opinion: no figure, no person, no claim that would mean anything outside the sample.
"""

from deployments.local.sample.grammar import Tone, lines

EVENTS = {
    "beat": lines("""
    {n} [beat|smashed|crushed] estimates, [wow|what a quarter|great numbers across the board]
    earnings beat from {n} and the guide is strong too, love it
    did not expect {n} to print numbers that good, impressive
    {n} earnings call was excellent, confident tone from start to finish
    margins up, revenue up, guidance up, {n} just delivered
    everyone who doubted {n} before earnings is very quiet [tonight|now|today]
    held {n} through earnings with sweaty hands, worth it, happy
    {n} reaction to the report looks justified, best quarter in a while
    {n} beat on the top line and the bottom line, bears in trouble
    so {n} earnings: strong demand, strong outlook, strong everything
    """),
    "miss": lines("""
    {n} missed, [ouch|yikes|ugh], and the outlook is worse than the quarter
    that {n} report was a disappointment, no other word for it
    {n} spending more and earning less, the market hates it
    should have sold {n} before earnings, painful lesson
    weak guide from {n}, estimates will have to come down
    {n} earnings call: many words, few answers, bad sign
    worst {n} reaction in a long time, sellers from the first minute
    {n} growth is slowing and now nobody can deny it
    holding {n} through earnings was a terrible idea, noted
    even the bulls sound worried about {n} after that report
    """),
    "launch": lines("""
    the new {n} launch looks [great|amazing|fantastic], [I want one|well done|impressive]
    watched the {n} event, better than I hoped, exciting stuff
    {n} launch day and the demo actually worked, love it
    early reactions to the {n} launch are really positive
    if half of what {n} showed ships on time, this is a winner
    {n} is innovating again, good to see
    pre-ordered within a minute, {n} knows how to do a launch
    the {n} announcement was the best of the year so far, fun to watch
    {n} launch talk everywhere, momentum is strong
    """),
    "recall": lines("""
    recall chatter around {n} again, [not a good look|ugh|bad timing]
    {n} recall headlines scare people even when it's only an update
    no idea how big this {n} recall is, the market assumes the worst
    anyone have details on the {n} recall talk? The price took it badly
    {n} down on the recall news, I'm worried about the cost
    sold some {n}, recalls are never good for sentiment
    probably a small fix, but {n} shareholders are paying for it today, painful
    the {n} recall rumour hit my feed and my portfolio at the same time, sad
    quality worries are the last thing my {n} position needs now
    """),
    "curbs": lines("""
    chip export rumours again and {n} takes the hit, [ugh|of course|painful]
    if the export curbs are real, {n} loses a good chunk of demand, bad
    unconfirmed export headline, {n} already down, sell first and ask later
    {n} can't catch a break with these export rumours
    worried about {n}, export rules change faster than anyone can model
    export rumour about chips: could be nothing, but {n} holders are nervous
    hate trading {n} on headlines, one rumour and the week's gain is gone
    the whole chip group is weak on export talk, {n} worst of all
    reduced {n} until the export story is clear, too much risk
    """),
    "eased": lines("""
    sounds like the export worries are easing, {n} [flying|loving it|up nicely]
    relief for {n}, the export rumour was worse than the reality
    great news for {n} if the softer export rules hold
    {n} gets its customers back, bulls are happy
    glad I didn't panic sell {n} on the export headline, good recovery
    chips are strong today, {n} leads, what a relief rally
    export fear gone, {n} bid, everyone's friend again
    and just like that {n} recovers everything, love this market today
    {n} is the winner of the softer export talk, big smile here
    """),
    "outage": lines("""
    {n} down for anyone else? The service, and now also the stock
    {n} outage in the middle of my workday, terrible timing
    third hour of the {n} outage, this is bad for trust
    can't log in, can't work, {n} is a mess today
    {n} service failing again, hope they explain what went wrong
    the {n} outage is annoying, and it shows how much depends on them
    {n} status page says everything is fine, everything is not fine
    stock slips on the {n} outage, deserved, sorry
    """),
    "upgrade": lines("""
    a broker raised its target on {n}, [nice|good call|finally]
    {n} upgraded this morning, I agree with every word of it, strong story
    upgrade for {n}: better margins, better outlook
    analysts warming up to {n}, good to see
    {n} popping on the upgrade, glad I was early
    upgrade came after the run, but {n} still looks attractive to me
    two upgrades on {n} in a week, sentiment is clearly improving
    {n} target raised, bulls happy, me too
    """),
    "downgrade": lines("""
    {n} downgraded, [ouch|great, just great|not what I needed]
    the {n} downgrade makes a fair point, growth is weak
    brokers turning negative on {n}, that hurts
    downgrade on {n} and the stock falls at the open, bad start
    {n} target cut again, estimates keep falling
    disagree with the {n} downgrade, but the chart is ugly so what do I know
    selling pressure on {n} after the downgrade, careful
    {n} lost its last fan among the brokers, sad
    """),
    "order": lines("""
    {n} with a big new order by the sound of it, [excellent|great|huge]
    talk of a large order for {n}, good for the backlog and good for me
    new contract for {n}, demand is clearly strong
    {n} order book looks fantastic, capacity is the only limit
    if the order talk is true {n} is set for a great year
    {n} wins again, competitors must be jealous
    big customers keep choosing {n}, confident holder here
    the {n} order story has legs, buyers stepping in, nice volume
    """),
    "delay": lines("""
    {n} delays again, [why am I not surprised|ugh|disappointing]
    another delay at {n}, my patience is gone
    the {n} timeline slips and so does the stock, bad combination
    delays are expensive, {n} guidance is at risk
    {n} promised spring, now it's autumn, sad
    the delay hurts {n} more than people think
    trust in the {n} schedule is low and getting lower
    sold {n} on the delay, bad day, patience was never my strength
    """),
}

TITLES = lines("""
Thoughts on {n}
{n}: what am I missing?
My case for {n}, please poke holes
{n} daily discussion
Why I still own {n}
Three charts on {n}
Question about {n}
Notes after reading the {n} report
{n} for beginners
A long look at {n}
""")

ESSAY_FIRST = lines("""
I have followed {n} for about [two|three|five] years and finally wrote down what I think.
Long post, sorry. I spent the weekend reading everything {n} publishes and want to share my notes.
Somebody asked in the daily thread why anyone would look at {n} now, so here is the long answer.
I am no professional, I run a small bakery and read reports at night, so take this about {n} as it is.
Here is how I think about {n}, in no particular order and with no crystal ball.
""")

ESSAY: dict[Tone, tuple[str, ...]] = {
    "up": lines("""
    The business makes more cash every year, and the best part is that it does so without much debt.
    Customers seem happy: in every survey I could find the satisfaction numbers improve.
    Management bought back shares when they were cheap, which I appreciate.
    The new product line is growing faster than I hoped, and the margins are excellent.
    I like that they explain what went wrong when something goes wrong, honest reports build trust.
    Compared with its peers the price looks attractive to me, even after the recent gains.
    The order book gives good visibility for the next four quarters.
    My worst case still leaves me with a small profit, which is a comfortable place to be.
    """),
    "down": lines("""
    The business needs more cash every year, and the debt worries me.
    Friends complain about the same things as last year, which worries me.
    Costs are rising faster than prices, so the margins are getting worse.
    The new product line is late, and I fear that competitors will use the time.
    The report is hard to read, and what I did understand looks weak to me.
    Compared with its peers the price looks too high to me, even after the recent losses.
    Inventory is up again, and that is usually a bad sign.
    My best case gives a small profit and my worst case is ugly, I don't like those odds.
    """),
    "flat": lines("""
    Revenue comes from four segments, and about half of it from the largest one.
    The dividend is paid each quarter, the dates are on the company's site.
    About a third of the sales are made outside the home market, so currency matters.
    Spending on research stayed at roughly the same share of sales as before.
    The number of employees changed little over the year.
    The next report is due in a few weeks, and until then there is not much to wait for.
    I read the last eight reports side by side, and most tables kept their layout.
    """),
}

ESSAY_LAST = lines("""
That's it. Tell me where I'm wrong, I read every answer.
No advice, just notes. Do your own reading and ask questions.
I'll come back to this post in a year and see how it aged.
Thanks for reading this far, you have more patience than I do.
Curious what you all think, kind replies preferred.
""")

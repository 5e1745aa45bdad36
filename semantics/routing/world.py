"""Everyday words of the wide world: kitchen, body, garden, sky, games; no company keeps them.

They count only where the data a question is asked of does not know them.
"""

from __future__ import annotations

from clearway.semantics.words.wordset import wordset

_KITCHEN = """
    egg eggs omelette omelet pancake pancakes pasta spaghetti lasagna pizza sourdough bread
    dough rice soup stew steak chicken turkey bacon salad sandwich burger cake cookie cookies
    brownies pie muffin muffins potato potatoes onion onions garlic tomato tomatoes avocado
    mushroom banana bananas apple apples mango lemon lemons strawberry cheese butter yoghurt
    yogurt milk cream sugar flour yeast cinnamon vinegar sauce curry risotto sushi ramen noodles
    chocolate espresso latte cappuccino tea beer wine cocktail margarita mojito whisky oven
    stove saucepan kitchen bake baking boil boiled roast grill fry fried knead marinate
    carbonara tiramisu vegan gluten calories barbecue bbq dishwasher fridge dessert marmalade
    jam tofu lentils quiche
"""
_BODY = """
    headache hiccups hiccup flu fever cough sneeze toothache migraine sunburn mosquito acne
    muscle muscles abs pushups yoga marathon insomnia snoring stomach belly knee shoulder elbow
    thumb finger fingers toe toes hair haircut beard eyebrow nose tongue teeth tooth lips kidney
    liver lungs toddler diaper horoscope zodiac girlfriend boyfriend husband wife mom mum dad
    grandma grandmother grandpa uncle aunt cousin crush divorce
"""
_NATURE = """
    dog dogs puppy cat cats kitten kittens hamster rabbit horse cow cows goat sheep pig elephant
    elephants giraffe giraffes lion tiger penguin penguins whale whales dolphin shark
    sharks octopus spider spiders bee bees butterfly snake frog dinosaur dinosaurs unicorn
    dragon parrot goldfish owl eagle wolf fox camel koala kangaroo panda bow roses rose tulip cactus
    orchid lawn garden weeds compost moss houseplant moon moons sun planet planets jupiter
    saturn mars venus pluto galaxy universe comet rainbow thunder lightning snow rain raining
    sunny volcano volcanoes ocean mountain mountains everest river desert earthquake tsunami
    iceberg dinosaur fossil eclipse gravity photosynthesis mitochondria rhino hippo squirrel
    hedgehog crocodile feather
"""
_PASTIMES = """
    song songs lyrics movie movies film films guitar piano violin drums chess checkers poker
    sudoku crossword football soccer basketball tennis golf cricket rugby olympics olympic
    superbowl quidditch pokemon minecraft fortnite zelda mario batman superman spiderman hobbit
    gandalf shakespeare beethoven mozart picasso beatles eurovision oscar oscars netflix poem
    joke jokes riddle haiku limerick crochet knit knitting sew sewing origami kite campfire tent
    fishing skateboard surf surfing ski skiing juggle juggling dance dancing karaoke tattoo
    lollipop halloween christmas easter santa astrology tarot magic
"""
_HOME = """
    tire tyre tires toilet faucet carpet curtain sofa mattress pillow laundry stain stains shirt
    shirts necktie shoelaces shoes socks sweater jeans lipstick perfume candle soap shampoo
    mower bicycle bike skateboard carburetor sparkplug wallpaper mould squeaky doorbell couch
    bathtub
"""
_KNOWLEDGE = """
    president king queen emperor pharaoh napoleon einstein continent pyramid pyramids dynasty
    medieval roman romans viking vikings philosopher religion god heaven hell soul afterlife
    death love happiness pi fibonacci pythagoras parsec alphabet vowels grammar rhyme rhymes
    proverb palindrome idiom latin esperanto sightseeing beach lottery jackpot bitcoin tiktok
    instagram facebook whatsapp iphone playstation xbox spotify photoshop powerpoint tinder ikea
    lego
"""

_PRODUCTS = """
    iphone ipad macbook airpods android samsung pixel nintendo playstation xbox steam roblox youtube
    snapchat twitter linkedin reddit gmail hotmail outlook excel powerpoint photoshop
    illustrator
    canva wordpress alexa siri kindle tesla toyota ford volkswagen honda chromecast firestick roomba
    thermomix airbnb uber paypal venmo ebay duolingo strava wikipedia windows macos vim emacs python
    javascript java kotlin haskell css html div regex
     ringtone selfie wallpaper emoji meme
"""
_DOING = """
    car cars kid kids hobby revolution empire renaissance eiffel antarctica colosseum snowman plane
    planes physics
    quantum chemistry biology relativity algebra calculus trigonometry astronomy blockchain
    gdp whistle swim swimming dive meditate flirt sing cook cooking iron ironing parachute hitchhike
    camping hike hiking burp wink snore handstand cartwheel backflip moonwalk yodel
    driving airport taxi subway bus parking fingernails nails eyelashes eyebrows wrinkles dandruff
    blister blisters bruise calf biceps cardio squat squats diet keto fasting vitamin vitamins
    celsius fahrenheit population inhabitants
"""

WORLD = wordset(_KITCHEN + _BODY + _NATURE + _PASTIMES + _HOME + _KNOWLEDGE + _PRODUCTS + _DOING)

# ruff: noqa: E501 -- a word list is read whole
"""Words that the English templates are filled with."""

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KIN = ["wife", "husband", "son", "daughter", "mother", "father", "sister", "brother", "aunt", "uncle", "niece", "nephew", "partner", "grandmother", "grandson", "cousin", "stepson", "mom", "dad", "girlfriend", "boyfriend", "spouse", "fiancee", "granddaughter"]  # fmt: skip
CRED = ["MD", "DO", "RN", "NP", "PA-C", "LCSW", "PharmD", "PT", "OT", "RD", "LPN", "CRNA", "DDS", "PhD", "PsyD", "MBBS", "FNP", "CNM", "MA", "DPM", "DNP", "BSN", "CCC-SLP", "RT", "MSW"]  # fmt: skip
DEPT = ["ICU", "cardiology", "Ortho", "ED", "oncology", "GI", "Neurology", "4 West", "PACU", "renal", "psychiatry", "wound care", "Radiology", "L&D", "NICU", "peds", "urology", "infectious disease", "palliative care", "Pulm", "billing", "intake"]  # fmt: skip
ROLE = ["social worker", "chaplain", "case manager", "school nurse", "interpreter", "dietitian", "counselor", "home aide", "transport", "unit clerk", "speech therapist", "guardian ad litem", "probation officer", "physical therapist", "doula"]  # fmt: skip
JOB = ["cashier", "welder", "teacher", "line cook", "nurse aide", "truck driver", "machinist", "janitor", "clerk", "roofer", "electrician", "receptionist", "dispatcher", "packer", "librarian", "foreman", "guard"]  # fmt: skip
SYMPTOM = ["headache", "chest pain", "nausea", "dizziness", "knee pain", "shortness of breath", "rash", "fatigue", "cough", "palpitations", "back pain", "dysuria", "insomnia", "leg swelling", "vomiting", "numbness", "fever", "low mood", "blurred vision", "diarrhea", "heartburn", "itching"]  # fmt: skip
ADJ = ["better", "tired", "worse", "fine", "anxious", "weak", "well", "dizzy", "hopeful", "sore"]
LAB = [
    "potassium",
    "hemoglobin",
    "INR",
    "A1c",
    "creatinine",
    "troponin",
    "TSH",
    "lactate",
    "sodium",
    "ferritin",
]
QUOTE = ["I just want to sleep", "It burns when I walk", "No better than last time", "She never complains", "I can't catch my breath", "He forgets everything"]  # fmt: skip
EXAM = ["CT ABDOMEN AND PELVIS", "MRI Left Knee", "Chest PA and Lateral", "Mammogram Screening Bilateral", "US Thyroid", "XR Right Hand 3 views"]  # fmt: skip
TREES = ["Maple", "Oak", "Cedar", "Willow", "Birch", "Juniper", "Aspen", "Laurel", "Hazel", "Elm", "Pine", "Magnolia", "Sycamore", "Hawthorn", "Rowan", "Alder", "Poplar", "Linden"]  # fmt: skip
THINGS = ["River", "Stone", "Harbor", "Mill", "Lantern", "Copper", "Silver", "Golden", "Iron", "North", "South", "East", "West", "Upper", "Old", "New", "Blue", "Red", "Green", "White", "Black", "Eagle", "Fox", "Heron", "Falcon", "Otter", "Bear", "Wolf", "Swan", "Raven", "Summit", "Valley", "Prairie", "Meadow", "Orchard", "Quarry", "Canal", "Bridge", "Chapel", "Garden", "Sunrise", "Evergreen", "Pioneer", "Liberty", "Union", "Mercy", "Grace", "Providence", "Trinity", "Good", "Samaritan", "Sacred", "Heart", "Holy", "Cross", "Beacon", "Compass", "Anchor", "Horizon", "Crescent"]  # fmt: skip
ENDS = ["ton", "ville", "field", "ford", "bury", "wood", "dale", "brook", "port", "ham", "worth", "ley", "mere", "burg", "stead", "ridge", "haven", "crest", "mont", "wick", "more"]  # fmt: skip
AFTER = ["Springs", "Falls", "Heights", "Creek", "Mills", "Junction", "Hollow", "Lake", "Point", "Ferry", "Bay", "Valley", "Beach", "Grove", "City", "Park", "Crossing", "Bluff", "Harbor"]  # fmt: skip
STREETS = ["Street", "Avenue", "Road", "Lane", "Drive", "Court", "Way", "Boulevard", "Place", "Terrace", "Circle", "Trail", "Loop", "Bend", "Pike", "St", "Ave", "Rd", "Ln", "Dr", "Ct", "Blvd", "Pl", "Crescent", "Close", "Row", "Walk", "Alley", "Parkway"]  # fmt: skip
FACILITIES = ["Hospital", "Medical Center", "Clinic", "Regional Medical Center", "General Hospital", "Health Center", "Memorial Hospital", "Family Practice", "Community Hospital", "Eye Pavilion", "Surgery Center", "Women's Clinic", "Urgent Care", "Cancer Institute", "Imaging", "Dialysis Center", "Pediatrics", "Orthopedics", "Heart Institute", "Children's Hospital", "Behavioral Health", "Dental", "Rehab", "Health System", "Infirmary", "Family Medicine", "Med Ctr", "Hosp", "VA Medical Center", "Wound Center", "Pain Clinic", "Birth Center", "Endoscopy", "Labs", "Rheumatology", "Nephrology", "Cardiology", "Oncology", "Podiatry", "Women's Hospital", "Heart Hospital", "Specialty Hospital", "Health Clinic", "Walk-In Clinic", "Primary Care", "Internal Medicine", "Surgical Associates", "Health Department", "Free Clinic", "Community Health", "Kidney Center", "Infusion Center", "Sleep Lab", "Spine Center", "Methodist", "Baptist", "Regional", "General", "Memorial"]  # fmt: skip
HOMES = ["Manor", "Village", "Nursing Home", "Assisted Living", "Senior Living", "Care Center", "Estates", "Rehabilitation Center", "Villa", "House", "Gardens", "Terrace", "Place", "Commons", "Lodge"]  # fmt: skip
EMPLOYERS = ["Foods", "Logistics", "Tire & Axle", "Construction", "Bakery", "Trucking", "Mill", "Bank", "Motors", "Hardware", "Steel", "Insurance", "Farms", "Energy", "Textiles", "Freight", "Plumbing", "Supply", "Packing", "Cement", "Electric", "Airlines", "Lumber", "Shipyard", "Furniture", "Dairy", "Roofing", "Systems", "Casino", "Laundry", "& Sons", "Inc", "LLC", "Industries", "School District", "County Schools", "Public Works", "Fire Department", "Cannery", "Foundry", "Nursery", "Auto Body", "Warehouse", "Brewing Co", "Poultry", "Sawmill", "Gin", "Feed & Seed", "Tire", "Auto Parts", "Towing", "Gas & Grocery", "Quick Stop", "Mart", "Dollar Store", "Fire District", "Sheriff's Office", "Parish Schools", "ISD", "Pipeline", "Drilling", "Catfish", "Paper Mill", "Crossing Guard Service", "Machine Works", "Meats", "Egg Farm", "Grain", "Co-op", "Concrete", "Landscaping", "Cleaners", "Salon", "Barber Shop", "Daycare", "Propane", "Marine", "Oilfield Services", "Ambulance", "Water District"]  # fmt: skip
SCHOOLS = ["Elementary", "Middle School", "High School", "Elementary School", "High", "Preschool", "Academy", "College", "University", "Community College", "Charter School", "Day School", "Head Start"]  # fmt: skip
CHURCHES = ["Baptist Church", "Methodist", "Lutheran Church", "Temple", "Mosque", "Parish", "Chapel", "Presbyterian", "Church of God", "Tabernacle", "AME Church", "Synagogue", "Gurdwara", "Cathedral", "Fellowship", "Assembly"]  # fmt: skip
PHARMACIES = [
    "Pharmacy",
    "Drug",
    "Drugs",
    "Apothecary",
    "Rx",
    "Family Pharmacy",
    "Discount Pharmacy",
]
EATERIES = ["Diner", "Grill", "Tavern", "Bar", "Cafe", "Pizza", "Taqueria", "Pub", "Bakery", "Oyster House", "BBQ", "Noodle House", "Brewery", "Lounge", "Coffee", "Steakhouse", "Drive-In", "Smokehouse", "Fish Camp", "Donuts", "Kitchen", "Waffle House", "Truck Stop", "Catfish House", "Buffet", "Deli"]  # fmt: skip
INSURERS = [
    "Health Plan",
    "Mutual",
    "Insurance",
    "Assurance",
    "Benefits",
    "Care Plan",
    "Health",
    "Advantage",
    "Life",
    "Select",
    "Choice",
    "Complete",
    "Community Plan",
    "Preferred",
]
AGENCIES = ["Home Care", "Home Health", "Visiting Nurses", "Hospice", "Homecare", "Staffing", "Meals on Wheels", "Family Services", "Community Services", "Legal Aid", "Food Bank", "Outreach", "Alliance", "Foundation", "Ostomy", "Medical Supply", "Home Infusion", "Oxygen", "Mobility", "Prosthetics", "Transport", "Council on Aging", "Refugee Services", "Housing Authority", "Senior Center", "Recovery Center", "Drug Court"]  # fmt: skip
LANDMARKS = ["Park", "Beach", "Library", "Mall", "Station", "Bridge", "Trailhead", "State Park", "Fairgrounds", "Stadium", "Airport", "Reservoir", "Campground", "Marina", "Cemetery", "Courthouse", "Lighthouse", "Golf Course", "Quarry", "Zoo", "Creek", "Landing", "Boat Ramp", "Levee", "Ferry", "Gin", "Water Tower", "Church Camp", "Deer Camp", "Trailer Park", "Apartments", "Crossing", "Dam", "Gap", "Hollow", "Ridge", "Bayou", "Fork"]  # fmt: skip
SHELTERS = ["Shelter", "Mission", "Rescue Mission", "House", "Haven", "Women's Shelter"]
TEAMS = [
    "Hawks",
    "Lions",
    "Comets",
    "Rovers",
    "Tigers",
    "Bears",
    "Wildcats",
    "Mariners",
    "Stallions",
    "Raiders",
]
STATES = ["AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY"]  # fmt: skip
STATE_NAMES = ["Ohio", "Texas", "Oregon", "Maine", "Georgia", "Nevada", "Utah", "Iowa", "Kansas", "Virginia", "Vermont", "Idaho", "Montana", "Florida", "Alabama", "New York", "New Mexico", "North Carolina", "West Virginia", "California"]  # fmt: skip
PETS = ["Biscuit", "Ginger", "Max", "Bella", "Duke", "Shadow", "Pepper", "Luna"]
DX = ["hypertension", "type 2 diabetes", "asthma", "COPD", "atrial fibrillation", "GERD", "hypothyroidism", "chronic kidney disease", "depression", "osteoarthritis", "gout", "migraine", "anemia", "heart failure", "pneumonia", "UTI", "cellulitis", "epilepsy", "psoriasis", "sciatica", "breast cancer", "hyperlipidemia", "stroke", "PTSD", "sleep apnea", "lupus", "celiac disease", "gallstones", "otitis media", "schizophrenia", "endometriosis", "glaucoma", "cirrhosis", "hepatitis C", "pancreatitis", "diverticulitis", "ulcerative colitis", "osteoporosis", "vertigo", "anxiety"]  # fmt: skip
PRACTICES = ["Medical Group", "Imaging Partners", "Diagnostic Pathology", "Radiology", "Oral Surgery", "Dental", "Plaza Medical Group", "Family Practice", "Surgery", "Spine", "Sport", "Laboratories", "Associates", "Cardiology", "Heart Associates", "Women's Health", "Medical Centre", "Urology", "Eye Clinic", "Physical Therapy", "Pain Institute", "Endocrinology", "Neurology", "Pediatrics", "Internal Medicine", "Behavioral Health", "Hospice", "Care Center", "Health Partners", "Orthopaedics", "Dermatology", "Sleep Center", "Infusion Center", "Medical Practice", "General Hospital", "Regional Hospital", "Hosp", "Sacred Mercy", "Children's Clinic"]  # fmt: skip
AMBULANCES = ["EMS", "Metro EMS", "Ambulance", "Air Ambulance", "Fire Rescue", "County EMS", "Paramedics", "LifeFlight", "Medic", "Fire", "Rescue Squad", "Medevac"]  # fmt: skip
CAMEL = ["Zip", "Quick", "Swift", "Metro", "Door", "Cart", "Dash", "Ride", "Shop", "Net", "Tech", "Soft", "Byte", "Care", "Pay", "Send", "Pet", "Home", "Auto", "Food"]  # fmt: skip
NAMELIKE = ["white", "black", "brown", "green", "gray", "frank", "rusty", "sandy", "ruby", "amber", "rose", "olive", "scant", "pink", "yellow", "red", "dark", "clear", "loose", "hard", "stark", "sharp", "strong", "rich", "bland", "small", "long", "short", "young", "cold", "moody", "stout", "swift", "coy", "hardy", "grim", "savage"]  # fmt: skip
FINDINGS = ["stool", "stools", "urine", "sputum", "discharge", "drainage", "patch", "plaque", "coating", "spots", "tongue", "blood", "pus", "nails", "scar", "crust", "fingers", "froth", "phlegm"]  # fmt: skip

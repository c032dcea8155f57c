/// The words that generated records are made of: what stands on a large construction site.
enum EquipmentCatalog {
  struct Category: Sendable {
    let name: String
    let classes: [String]
    let manufacturers: [String]
    /// Dollars a month for the smallest and the largest machine.
    let rates: ClosedRange<Int>

    init(_ name: String, _ rates: ClosedRange<Int>, _ classes: String, _ manufacturers: String) {
      self.name = name
      self.rates = rates
      self.classes = classes.split(separator: ",").map(String.init)
      self.manufacturers = manufacturers.split(separator: ",").map(String.init)
    }
  }

  static let categories: [Category] = [
    Category("Crawler Cranes", 18_000...95_000, "80 t,150 t,300 t,600 t", "Liebherr,Manitowoc,Kobelco"),
    Category("Mobile Cranes", 9_000...48_000, "40 t,70 t,120 t,250 t", "Grove,Tadano,Liebherr"),
    Category("Tower Cranes", 12_000...38_000, "Flat Top,Luffing,Self Erecting", "Potain,Liebherr,Terex"),
    Category("Rough Terrain Cranes", 7_500...24_000, "30 t,50 t,80 t", "Tadano,Grove,Kato"),
    Category("Excavators", 3_800...29_000, "Mini,20 t,35 t,50 t,80 t", "Caterpillar,Komatsu,Hitachi,Volvo"),
    Category("Wheel Loaders", 4_200...22_000, "Compact,Medium,Large", "Caterpillar,Volvo,Komatsu"),
    Category("Bulldozers", 6_000...34_000, "D6,D8,D9,D11", "Caterpillar,Komatsu,Liebherr"),
    Category("Motor Graders", 6_500...17_000, "12 ft,14 ft,16 ft", "Caterpillar,John Deere"),
    Category("Backhoe Loaders", 2_400...5_200, "Standard,Extended", "JCB,Case,Caterpillar"),
    Category("Compactors", 1_900...8_800, "Single Drum,Tandem,Pneumatic", "Bomag,Hamm,Dynapac"),
    Category("Articulated Trucks", 8_800...19_500, "25 t,30 t,40 t", "Volvo,Bell,Caterpillar"),
    Category("Dump Trucks", 5_500...12_000, "6x4,8x4", "Mack,Kenworth,Volvo"),
    Category("Flatbed Trucks", 2_600...5_900, "Single Axle,Tandem,Tri Axle", "Freightliner,Isuzu,Kenworth"),
    Category("Water Trucks", 3_400...7_600, "2000 gal,4000 gal,8000 gal", "Kenworth,Ford,International"),
    Category("Fuel Trucks", 3_900...8_200, "1000 gal,2500 gal,4000 gal", "Peterbilt,Ford"),
    Category("Pickup Trucks", 900...1_950, "Half Ton,Three Quarter,One Ton", "Ford,Toyota,Ram,Chevrolet"),
    Category("Forklifts", 1_100...9_400, "2.5 t,5 t,10 t,16 t", "Hyster,Toyota,Linde"),
    Category("Telehandlers", 2_300...7_900, "9 m,12 m,17 m", "JLG,Manitou,JCB"),
    Category("Boom Lifts", 1_800...11_500, "Articulated,Telescopic", "JLG,Genie,Haulotte"),
    Category("Scissor Lifts", 650...3_200, "Electric,Rough Terrain", "Skyjack,Genie,JLG"),
    Category("Generators", 750...16_500, "20 kVA,100 kVA,500 kVA,1250 kVA", "Cummins,Atlas Copco,Aggreko"),
    Category("Light Towers", 420...980, "LED,Metal Halide", "Generac,Wacker Neuson,Atlas Copco"),
    Category("Air Compressors", 800...6_900, "185 cfm,375 cfm,900 cfm,1600 cfm", "Atlas Copco,Ingersoll Rand,Sullair"),
    Category("Welding Machines", 350...1_450, "300 A,400 A,600 A", "Lincoln,Miller,ESAB"),
    Category("Pumps", 480...5_600, "3 in,6 in,12 in", "Godwin,Thompson,Tsurumi"),
    Category("Concrete Pumps", 9_500...31_000, "28 m,42 m,61 m", "Putzmeister,Schwing"),
    Category("Concrete Mixers", 2_100...7_300, "Truck,Self Loading", "Liebherr,Fiori,Mack"),
    Category("Pile Drivers", 14_000...52_000, "Diesel,Hydraulic,Vibratory", "Junttan,Bauer,Delmag"),
    Category("Drill Rigs", 11_000...44_000, "Rotary,Top Hammer,Auger", "Sandvik,Epiroc,Bauer"),
    Category("Heaters", 260...2_400, "Indirect,Direct,Hydronic", "Wacker Neuson,Frost Fighter"),
  ]

  static let areaSilos = [
    "Main Process", "Utilities", "Offsites", "Marine", "Tank Farm", "Pipe Racks", "Camp", "Heavy Lift",
  ]
}

//! Storage for peers: lookup by index, with keys that never mean a later occupant.

/// The key of a value in a [`Slab`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    index: u32,
    epoch: u32,
}

impl Key {
    /// The key as a number.
    pub fn to_number(self) -> u64 {
        u64::from(self.epoch) << 32 | u64::from(self.index)
    }

    /// The key with this [number](Self::to_number).
    pub fn from_number(number: u64) -> Self {
        Key { index: number as u32, epoch: (number >> 32) as u32 }
    }
}

/// Values by [`Key`].
#[derive(Debug)]
pub struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Store a value.
    pub fn insert(&mut self, value: T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            (self.places.len() - 1) as u32
        });
        let place = &mut self.places[index as usize];
        place.1 = Some(value);
        Key { index, epoch: place.0 }
    }

    /// The value of a key, if it is still there.
    pub fn get(&self, key: Key) -> Option<&T> {
        let (epoch, value) = self.places.get(key.index as usize)?;
        if *epoch == key.epoch { value.as_ref() } else { None }
    }

    /// The value of a key, if it is still there.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let (epoch, value) = self.places.get_mut(key.index as usize)?;
        if *epoch == key.epoch { value.as_mut() } else { None }
    }

    /// Take a value out.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        self.get(key)?;
        let place = &mut self.places[key.index as usize];
        place.0 = place.0.wrapping_add(1);
        self.free.push(key.index);
        place.1.take()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Do something with every value.
    pub fn each_mut(&mut self, mut f: impl FnMut(Key, &mut T)) {
        for (index, (epoch, value)) in self.places.iter_mut().enumerate() {
            if let Some(value) = value {
                f(Key { index: index as u32, epoch: *epoch }, value);
            }
        }
    }

    /// The keys of all values.
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        let places = self.places.iter().enumerate();
        places
            .filter(|(_, (_, value))| value.is_some())
            .map(|(index, (epoch, _))| Key { index: index as u32, epoch: *epoch })
    }
}
